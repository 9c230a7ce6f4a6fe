// A result as people see it, whichever experiment it is of: tables and pictures are functions of the file alone, so a
// result that somebody else measured can be read and drawn without its model and its texts. It measures nothing and
// makes no summary anew (that is what resuming does).
import { nearest, TreekvError } from '../core/index.ts';
import type { Picture, Result, Unit } from '../report/index.ts';
import { ablationPlots, ablationTable } from './ablation/index.ts';
import { longBenchPlots, longBenchTable } from './longbench/index.ts';
import { needlePlots, needleTable, rulerTable } from './needle/index.ts';
import { perplexityPlots, perplexityTable } from './perplexity/index.ts';
import { prefillTable } from './prefill/index.ts';
import { retentionPlots, retentionTable } from './retention/index.ts';
import { streamPlots, streamTable } from './stream/index.ts';
import { waveletPlots, waveletTable } from './wavelet/index.ts';

/** A result's faces. */
export interface ResultFaces {
  /** Markdown. */
  readonly table: string;
  /** Pictures by what stands behind the result's name; '' for the main one. Drawn when asked for. */
  plots(): Readonly<Record<string, Picture>>;
}

interface Kind {
  readonly table: (result: never) => string;
  readonly plots?: (result: never) => Readonly<Record<string, Picture>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  ablation: { table: ablationTable, plots: ablationPlots },
  longbench: { table: longBenchTable, plots: longBenchPlots },
  needle: { table: needleTable, plots: needlePlots },
  perplexity: { table: perplexityTable, plots: perplexityPlots },
  prefill: { table: prefillTable },
  retention: { table: retentionTable, plots: retentionPlots },
  ruler: { table: rulerTable },
  stream: { table: streamTable, plots: streamPlots },
  wavelet: { table: waveletTable, plots: waveletPlots },
};

/** A result's faces. Throws BAD_FILE for one that is not complete, or of an experiment that is not known here. */
export function resultFaces(result: Result<unknown, Unit, unknown>): ResultFaces {
  const { kind, complete, units } = result;
  if (!Object.hasOwn(kinds, kind)) {
    const guess = nearest(kind, Object.keys(kinds));
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    throw new TreekvError('BAD_FILE', `There is no experiment '${kind}'.${hint}`, { kind });
  }
  if (!complete) {
    const message =
      `The run was cut off after ${units.length} units, so nothing follows from it yet: go on with it (--resume), as ` +
      'it was begun.';
    throw new TreekvError('BAD_FILE', message, { kind, units: units.length });
  }
  const { table, plots = () => ({}) } = kinds[kind];
  return { table: table(result as never), plots: () => plots(result as never) };
}
