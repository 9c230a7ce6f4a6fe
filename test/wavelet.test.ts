// The wavelet analysis on small random models: against the float64 decoder and the definition of a band, query head by
// query head; cut off and resumed; and as the command that a person runs.
import { access, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { waveletCommand } from '../src/cli/eval/waveletCommand.ts';
import {
  emptyCache,
  largestError,
  type ReferenceWeights,
  referenceStep,
} from '../src/engine/fake/float64Decoder.testing.ts';
import { evaluateWavelet, type WaveletRequest, type WaveletResult } from '../src/evaluation/index.ts';
import { type LocalModel, loadLocalModel } from '../src/generation/index.ts';
import { type TinyModelOptions, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

interface Loaded {
  readonly folder: string;
  readonly model: LocalModel;
  readonly weights: ReferenceWeights;
}

const sentence =
  'Of two neighbours the weaker leaves, and each pass halves what a stretch of text has kept. ';
const documents = [
  { name: 'plain', text: sentence.repeat(12) },
  { name: 'backwards', text: [...sentence].reverse().join('').repeat(12) },
];
const place = useTemporaryCache();
const models: LocalModel[] = [];
let tiny: Loaded;

beforeAll(async () => {
  tiny = await load({});
});

afterAll(async () => {
  for (const { engine } of models) await engine.dispose();
});

async function load(options: TinyModelOptions): Promise<Loaded> {
  const folder = await writeTinyFolder(await mkdtemp(join(place.folder, 'model-')), options);
  const { weights } = await writeTinyModel(folder, options);
  const model = await loadLocalModel(folder, { dtype: 'fp32' });
  models.push(model);
  return { folder, model, weights };
}

/** Largest relative error of a result's bands, over all units and levels. */
function errorOf(result: WaveletResult, { model, weights }: Loaded): number {
  const { length, levels } = result.protocol;
  const errors = result.units.flatMap(({ document, samples, magnitudes }) => {
    const text = documents.find(({ name }) => name === document)?.text ?? '';
    const ids = model.tokenizer.encode(text);
    const expected = samples.map(({ token }) => {
      const window = model.tokenizer.withBos(ids.subarray(token, token + length - 1));
      expect(window).toHaveLength(length);
      return referenceBands(model, weights, window, levels);
    });
    return magnitudes.map((own, l) => {
      const mean = own.map((_, i) => expected.reduce((sum, bands) => sum + bands[l][i], 0) / samples.length);
      return largestError(
        own.map((magnitude) => (magnitude / 1000) * 2 ** (-(l + 1) / 2)),
        mean,
      );
    });
  });
  return Math.max(...errors);
}

/** [levels] of [blocks]: |mean of a block's first half - mean of its second| / 2 of a(i) v(i), over heads and channels. */
function referenceBands({ engine }: LocalModel, weights: ReferenceWeights, ids: Int32Array, levels: number) {
  const { config } = engine;
  const { layers, queryHeads, kvHeads, headDim } = config;
  const positions = Array.from(ids, (_, i) => i);
  const { probabilities, entries } = referenceStep(config, weights, emptyCache(config), ids, positions);
  return Array.from({ length: levels }, (_, l) => {
    const half = 2 ** l;
    return Array.from({ length: ids.length / (2 * half) }, (_, block) => {
      let sum = 0;
      for (let layer = 0; layer < layers; layer++) {
        for (let head = 0; head < queryHeads; head++) {
          const values = entries[layer][Math.floor(head / (queryHeads / kvHeads))];
          const attention = probabilities[layer][head][ids.length - 1];
          for (let channel = 0; channel < headDim; channel++) {
            let difference = 0;
            for (let i = 0; i < 2 * half; i++) {
              const position = block * 2 * half + i;
              const signal = attention[position] * values[position].value[channel];
              difference += i < half ? signal : -signal;
            }
            sum += Math.abs(difference) / (2 * half);
          }
        }
      }
      return sum / (layers * queryHeads * headDim);
    });
  });
}

describe('bands equal those of the float64 decoder', () => {
  it.each<[string, TinyModelOptions]>([
    ['two query heads a KV head', {}],
    ['one KV head', { kvHeads: 1 }],
    ['a KV head for each query head', { kvHeads: 4 }],
    ['biases, and values that are not centred', { architecture: 'qwen2', layers: 3 }],
  ])('with %s, in texts of several chunks', async (_, options) => {
    const loaded = await load(options);
    const result = await evaluateWavelet(loaded.model, { documents, samples: 3, length: 264, levels: 3 });
    expect(errorOf(result, loaded)).toBeLessThan(1e-5);
  });

  it('in several readings of several texts, and quarters are those of the sample', async () => {
    const request = { documents, samples: 20, length: 40, levels: 3, edge: 8 };
    const result = await evaluateWavelet(tiny.model, request);
    expect(result.units.map(({ samples }) => samples.length)).toEqual([10, 10]);
    expect(errorOf(result, tiny)).toBeLessThan(1e-5);
    const [{ samples }] = result.units;
    const ids = tiny.model.tokenizer.encode(documents[0].text);
    for (const { token, first, last } of [samples[0], samples[9]]) {
      const window = tiny.model.tokenizer.withBos(ids.subarray(token, token + 39));
      for (const [l, blocks] of referenceBands(tiny.model, tiny.weights, window, 3).entries()) {
        const mean = (from: number) =>
          Array.from({ length: 6 }, (_, i) => blocks[(from + i) >> (l + 1)]).reduce((sum, one) => sum + one) /
          6;
        expect(Math.abs(first[l] / (1000 * mean(8)) - 1)).toBeLessThan(6e-4);
        expect(Math.abs(last[l] / (1000 * mean(26)) - 1)).toBeLessThan(6e-4);
      }
    }
  });
});

describe('a run', () => {
  const request = { documents, samples: 20, length: 40, levels: 3, edge: 8 };
  const timeless = ({ seconds: _, peakRssBytes: __, ...rest }: WaveletResult) => rest;

  it.each([8, 10, 18])('cut off after %i samples and resumed equals an unbroken one exactly', async (cut) => {
    const output = join(place.folder, `cut-${cut}`);
    const controller = new AbortController();
    const broken = evaluateWavelet(tiny.model, {
      ...{ ...request, output, signal: controller.signal },
      onProgress: ({ done }) => done === cut && controller.abort(),
    });
    await expect(broken).rejects.toMatchObject({ code: 'ABORTED' });
    const kept = JSON.parse(await readFile(`${output}.json`, 'utf8')) as WaveletResult;
    expect(kept.units).toHaveLength(cut < 10 ? 0 : 1);
    const seen: number[] = [];
    const resumed = await evaluateWavelet(tiny.model, {
      ...{ ...request, output, resume: true },
      onProgress: ({ done }) => seen.push(done),
    });
    expect(seen).toEqual(cut < 10 ? [8, 10, 18, 20] : [10, 18, 20]);
    expect(timeless(resumed)).toEqual(timeless(await evaluateWavelet(tiny.model, request)));
  });

  it('with another seed reads other windows', async () => {
    const tokens = async (seed: number) => {
      const { units } = await evaluateWavelet(tiny.model, { ...request, samples: 4, seed });
      return units.flatMap(({ samples }) => samples.map(({ token }) => token));
    };
    expect(await tokens(1)).toEqual(await tokens(1));
    expect(await tokens(1)).not.toEqual(await tokens(2));
  });

  it('that leaves a sliding window is refused before it writes anything', async () => {
    const { model } = await load({ architecture: 'mistral', config: { sliding_window: 32 } });
    const output = join(place.folder, 'window');
    await expect(evaluateWavelet(model, { ...request, output })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/32 positions.*not 40/),
    });
    await expect(access(`${output}.json`)).rejects.toThrow();
    const fitting: WaveletRequest = { ...request, samples: 2, length: 32 };
    expect((await evaluateWavelet(model, fitting)).summary.samples).toBe(2);
  });
});

describe('treekv eval wavelet', () => {
  /** Runs the command in this process; returns what it wrote to stdout. */
  async function run(...words: string[]): Promise<string> {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const note = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const context = { signal: new AbortController().signal, onInterrupt: () => () => undefined };
      await waveletCommand(context)
        .exitOverride()
        .parseAsync(['-m', tiny.folder, '--dtype', 'fp32', ...words], { from: 'user' });
      return out.mock.calls.map(([text]) => text).join('');
    } finally {
      out.mockRestore();
      note.mockRestore();
    }
  }

  it('answers with the table and writes result, table and figure', async () => {
    const file = join(place.folder, 'book.txt');
    await writeFile(file, documents[0].text);
    const output = join(place.folder, 'results', 'figure2');
    const words = ['--text', file, '--samples', '4', '--length', '64', '--levels', '3', '--edge', '8'];
    const table = await run(...words, '--output', output);
    expect(table).toMatch(/^\| D3 \| 8 \|/m);
    expect(table).toContain('4 samples of 64 tokens from 1 document');
    expect(await readFile(`${output}.md`, 'utf8')).toBe(table);
    expect(await readFile(`${output}.svg`, 'utf8')).toContain('position in the sequence');
    expect((await readFile(`${output}.png`)).subarray(1, 4).toString()).toBe('PNG');
    const result = JSON.parse(await readFile(`${output}.json`, 'utf8')) as WaveletResult;
    expect(result).toMatchObject({ kind: 'wavelet', complete: true, protocol: { seed: 0, edge: 8 } });
    expect(JSON.parse(await run(...words, '--output', output, '--resume', '--json'))).toEqual(result);
    await expect(run(...words, '--output', output)).rejects.toMatchObject({
      message: expect.stringContaining('--resume'),
    });
  });

  it('refuses what does not fit, by its name', async () => {
    const file = join(place.folder, 'short.txt');
    await writeFile(file, sentence);
    await expect(run('--text', file)).rejects.toThrow(/short\.txt is shorter than a window.*--length/);
    await expect(run('--text', file, '--levels', '10')).rejects.toThrow(/'levels'.*from 1 to 9, not 10/);
  });
});
