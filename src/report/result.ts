// The one form of every experiment's result: what was run (model, protocol, software), what was measured (units:
// documents, cells, samples), and what follows from that (summary). All of it is JSON, so that tables and plots
// are functions of the file. A unit is what a resumed run does not compute again.
import { createRequire } from 'node:module';
import { packageVersion } from '../core/index.ts';

/** Which model, as a result names it. */
export interface ModelCard {
  /** Last part of the path that it was loaded from. */
  readonly name: string;
  /** Names the weights, on any machine. */
  readonly fingerprint: string;
  readonly dtype: string;
  /** Positions that it was trained on. */
  readonly trainedContext: number;
}

/** What ran. */
export interface SoftwareCard {
  readonly treekv: string;
  readonly node: string;
  readonly onnxruntime: string;
}

/** What must be equal for two runs to be one. */
export interface RunHead<Protocol> {
  /** Which experiment. */
  readonly kind: string;
  /** Which model. */
  readonly model: ModelCard;
  /** Everything that changes a number, as plain JSON. */
  readonly protocol: Protocol;
}

/** Something measured once. */
export interface Unit {
  /** Unique in its run. */
  readonly key: string;
}

/** A result file. */
export interface Result<Protocol, U extends Unit, Summary> extends RunHead<Protocol> {
  /** Says that a file is such a result. */
  readonly format: 'treekv-result';
  /** Of the format. */
  readonly version: 1;
  /** What ran. */
  readonly software: SoftwareCard;
  /** Whether all units are there; `summary` is null until they are. */
  readonly complete: boolean;
  /** What was measured, as it came. */
  readonly units: readonly U[];
  /** What follows from the units. */
  readonly summary: Summary;
  /** Time spent, that of resumed parts included. */
  readonly seconds: number;
  /** Most memory that a process of the run held resident. */
  readonly peakRssBytes: number;
}

/** What runs here. */
export function softwareCard(): SoftwareCard {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { treekv: packageVersion(), node: process.version, onnxruntime: version };
}
