// From a request to samples: checks what was asked for, cuts the texts into windows, and says under what protocol they
// will be measured. It runs no model; but its texts are tokens already, since windows are counted in tokens.
import { integerOption, TreekvError } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { type Document, requireDocuments, textHash } from '../document.ts';
import { drawWindows } from './drawWindows.ts';
import type { WaveletProtocol } from './waveletResult.ts';

/** What is to be measured. */
export interface SampleOptions {
  /** Texts, each under a name of its own. */
  readonly documents: readonly Document[];
  /** Windows of all texts together. @default 200 */
  readonly samples?: number;
  /** Tokens of a window, BOS among them: the paper's generation step t. @default 512 */
  readonly length?: number;
  /** Levels of the wavelet. @default 5 */
  readonly levels?: number;
  /** Positions at either end that are measured but neither compared nor drawn. @default 32 */
  readonly edge?: number;
  /** Decides which windows are drawn. @default 0 */
  readonly seed?: number;
}

/** Samples that are measured together or not at all. */
export interface PlannedUnit {
  readonly key: string;
  /** Its name. */
  readonly document: string;
  readonly samples: readonly {
    /** Index in the text of the first token. */
    readonly token: number;
    /** [length] what the model reads, BOS included. */
    readonly ids: Int32Array;
  }[];
}

/** What a cut costs at most: about two minutes of a small model. */
const UNIT_SAMPLES = 160;

/** Plans the samples. Throws BAD_OPTION, also for documents that are too short together. */
export function planSamples(
  { tokenizer, weights, engine }: Pick<LocalModel, 'tokenizer' | 'weights' | 'engine'>,
  options: SampleOptions,
): { readonly protocol: WaveletProtocol; readonly units: readonly PlannedUnit[] } {
  const sizes = requireSizes(options);
  const { samples, length, seed } = sizes;
  requireDocuments(options.documents);
  requireTrained(length, engine.config.maxPositions);
  const { bosId } = tokenizer;
  const begin = bosId === undefined ? [] : [bosId];
  const stride = length - begin.length;
  const documents = options.documents.map(({ name, text }) => {
    // Each window gets a BOS of its own, so one that the text spells out is none of its tokens.
    const ids = tokenizer.withBos(tokenizer.encode(text)).subarray(begin.length);
    return { name, text, ids, windows: Math.floor(ids.length / stride) };
  });
  const drawn = drawWindows(documents, samples, seed);
  const protocol: WaveletProtocol = {
    documents: documents.map(({ name, text, ids }, i) => ({
      name,
      sha256: textHash(text),
      tokens: ids.length,
      samples: drawn[i].length,
    })),
    ...sizes,
    windows: `each document cut without overlap, ${shareWords(drawn.map((own) => own.length))} drawn by the seed`,
    bos: bosId === undefined ? 'none' : 'the first token of each window',
    attention: `full, of the last query of each query head; weights ${weights.dtype}, softmax float32`,
    signal: "attention weight times value of the head's group, a signal for each channel",
    wavelet: "Haar, orthonormal, mode 'symmetric'; each band rebuilt from its own details alone",
    mean: 'of magnitudes, over layers, query heads, channels, samples; float64',
  };
  const units = documents.flatMap(({ name, ids }, d) => {
    const planned = drawn[d].map((window) => {
      const token = window * stride;
      return { token, ids: Int32Array.of(...begin, ...ids.subarray(token, token + stride)) };
    });
    const parts = Math.ceil(planned.length / UNIT_SAMPLES);
    return Array.from({ length: parts }, (_, part) => ({
      key: `${name}, part ${part + 1}`,
      document: name,
      samples: planned.slice(part * UNIT_SAMPLES, (part + 1) * UNIT_SAMPLES),
    }));
  });
  return { protocol, units };
}

/** What each document gives, in words. */
function shareWords(counts: readonly number[]): string {
  const equal = Math.max(...counts) - Math.min(...counts) <= 1;
  return equal ? 'an equal share of each' : 'an equal share of each, or all where it has fewer,';
}

function requireSizes(options: SampleOptions): {
  readonly samples: number;
  readonly length: number;
  readonly levels: number;
  readonly edge: number;
  readonly seed: number;
} {
  const check = (
    name: 'samples' | 'length' | 'levels' | 'edge',
    fallback: number,
    least: number,
    most?: number,
  ) => integerOption('Wavelet', name, options[name] ?? fallback, least, most);
  const samples = check('samples', 200, 1);
  const length = check('length', 512, 8);
  // the coarsest band needs a whole block, and each quarter of what lies between the edges a position
  const levels = check('levels', 5, 1, Math.floor(Math.log2(length)));
  const edge = check('edge', 32, 0, Math.floor((length - 4) / 2));
  requireWholeBlocks(levels, edge);
  const seed = integerOption('Wavelet', 'seed', options.seed ?? 0, Number.MIN_SAFE_INTEGER);
  return { samples, length, levels, edge, seed };
}

/** A block that reaches over the edge would carry the sink, or the last token, into what is compared. */
function requireWholeBlocks(levels: number, edge: number): void {
  const block = 2 ** levels;
  if (block <= edge) return;
  const most = edge < 2 ? 0 : Math.floor(Math.log2(edge));
  const fewer = most > 0 ? `take at most ${most} levels (--levels), or ` : '';
  const message =
    `The coarsest of ${levels} levels has blocks of ${block} positions, and only ${edge} are left out at either end, so that what ` +
    `lies there would count among the rest: ${fewer}leave out at least ${block} (--edge).`;
  throw new TreekvError('BAD_OPTION', message, { levels, block, edge });
}

/** Attention further back than the model was trained on says nothing of the model. */
function requireTrained(length: number, trained: number): void {
  if (length <= trained) return;
  const message =
    `A window of ${length} tokens is read with full attention, and the model was trained on ${trained}. Use windows ` +
    `of at most ${trained} (--length).`;
  throw new TreekvError('BAD_OPTION', message, { length, trained });
}
