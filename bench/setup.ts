// What every benchmark begins with: its options and the model. `--model FOLDER` names another model than the
// repository's own, `--json FILE` keeps the figures, `--rounds N` makes the run shorter or longer.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PackedWeights } from '../src/model/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';

// From build/bench, where the compiled benchmarks lie.
const defaultModel = fileURLToPath(new URL('../../models/books-27m-4k', import.meta.url));

export interface Setup {
  readonly weights: PackedWeights;
  /** Folder of a model in floating point, if one was named: `--float FOLDER`. */
  readonly float: string | undefined;
  readonly json: string | undefined;
  /** @param usual without `--rounds`. */
  rounds(usual: number): number;
}

/** Reads the command line and opens the weights: q8, unless the folder is packed in another type. */
export async function setUp(): Promise<Setup> {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: defaultModel },
      float: { type: 'string' },
      json: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  const weights = await preparePacked(values.model, undefined);
  return {
    weights,
    float: values.float,
    json: values.json,
    rounds: (usual) => Number(values.rounds ?? usual),
  };
}

/** The memory that V8 holds back is no answer to what a state costs: run Node with --expose-gc. */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run this benchmark with node --expose-gc');
  // Buffers of the engine's outputs are let go by finalisers, which run between turns of the event loop.
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
