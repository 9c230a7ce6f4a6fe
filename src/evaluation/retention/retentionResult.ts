// A measurement of retention as its result file holds it. Units are texts under a policy. Those of the first text
// carry its trace, from which every picture is drawn; so a result redraws itself.
import { deflateSync, inflateSync } from 'node:zlib';
import type { MeanInterval, Result, Unit } from '../../report/index.ts';
import type { PolicyRecord } from '../policyRecord.ts';
import type { LostAttention } from './attentionLoss.ts';
import type { KeptStatistics } from './keptStatistics.ts';
import type { Trace } from './trace.ts';
import { decodeTraces, encodeTraces } from './traceFile.ts';

/** What is looked at. */
export interface RetentionView {
  /** The layer whose kept entries are counted and drawn; null for all. */
  readonly layer: number | null;
  /** The head whose tree of merges is drawn. */
  readonly tree: { readonly layer: number; readonly head: number } | null;
}

/** What the numbers were measured under. */
export interface RetentionProtocol {
  /** Always `retention`. */
  readonly protocol: 'retention';
  /** How documents follow each other. */
  readonly textOrder: string;
  /** Where a BOS token was read. */
  readonly bos: string;
  /** How many tokens were read in a step. */
  readonly stride: string;
  /** Weight type, and the type in which attention is computed. */
  readonly dtype: string;
  /** Tokens read at once when a cache is full. */
  readonly chunk: number;
  /** Tokens read of each text, BOS included. */
  readonly tokens: number;
  /** What was read. */
  readonly texts: readonly { readonly name: string; readonly sha256: string }[];
  /** The caches compared, each with everything decided. */
  readonly policies: readonly PolicyRecord[];
  /** Tokens of a bin of ages: the budget of the first policy that has one. */
  readonly ageBin: number;
  /** What was looked at. */
  readonly view: RetentionView;
  /** What attention loss means here; null if it was not measured. */
  readonly loss: string | null;
}

/** One text under one policy. */
export interface RetentionUnit extends Unit {
  /** Name of the text. */
  readonly text: string;
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** What the policy kept. */
  readonly kept: KeptStatistics;
  /** The attention lost; null if it was not measured. */
  readonly loss: LostAttention | null;
  /** First text only: a trace file of this policy, deflated (zlib), in base64. */
  readonly trace: string | null;
}

/** A policy over all texts. */
export interface PolicyRetention {
  readonly policy: string;
  /** Entries kept per head, mean over the texts. */
  readonly entries: number;
  /** Share of kept entries by age, mean over the texts. */
  readonly ages: readonly number[];
  readonly clumpiness: MeanInterval | null;
  readonly stretch: MeanInterval;
  readonly largestHole: MeanInterval;
  /** [layers] mean over the texts, and the mean over the layers with its interval over the texts. */
  readonly loss: { readonly layers: readonly number[]; readonly mean: MeanInterval } | null;
}

/** What the policies kept. */
export interface RetentionSummary {
  /** Each policy over all texts. */
  readonly policies: readonly PolicyRetention[];
}

/** A run, whole. */
export type RetentionResult = Result<RetentionProtocol, RetentionUnit, RetentionSummary>;

/** The traces of the first text, in the order of the policies. */
export function tracesOf({ protocol, units }: RetentionResult): Trace[] {
  return protocol.policies.flatMap(({ name }) => {
    const text = units.find(({ policy, trace }) => policy === name && trace !== null)?.trace;
    return text === null || text === undefined ? [] : traceFromText(name, text);
  });
}

/** A trace as a unit carries it. */
export function traceToText(trace: Trace): string {
  return Buffer.from(deflateSync(encodeTraces({ about: null, traces: [trace] }))).toString('base64');
}

function traceFromText(policy: string, text: string): readonly Trace[] {
  return decodeTraces(inflateSync(Buffer.from(text, 'base64')), `the trace of '${policy}'`).traces;
}
