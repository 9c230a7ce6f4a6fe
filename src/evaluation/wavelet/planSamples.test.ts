// Samples planned from documents: what is read, what is refused. A token a character, no model.
import { expect, it } from 'vitest';
import type { LocalModel } from '../../generation/index.ts';
import { planSamples, type SampleOptions } from './planSamples.ts';

function plan(options: SampleOptions, bosId?: number) {
  const tokenizer = {
    bosId,
    encode: (text: string) => Int32Array.from(text, (character) => character.charCodeAt(0)),
    withBos: (ids: Int32Array) =>
      bosId === undefined || ids[0] === bosId ? ids : Int32Array.of(bosId, ...ids),
  };
  // the parts of a model that planning looks at
  const model = { tokenizer, weights: { dtype: 'fp32' }, engine: { config: { maxPositions: 64 } } };
  return planSamples(model as unknown as LocalModel, options);
}

const sizes = { length: 8, levels: 1, edge: 2 };
const letters = 'abcdefghijklmnopqrstuvwxyz';

it.each([
  ['BOS in front', 7, ['\x07abcdefg', '\x07hijklmn', '\x07opqrstu'], [0, 7, 14]],
  ['no BOS', undefined, ['abcdefgh', 'ijklmnop', 'qrstuvwx'], [0, 8, 16]],
])('windows with %s follow each other and are whole', (_, bosId, texts, tokens) => {
  const { units } = plan({ documents: [{ name: 'a', text: letters }], samples: 3, ...sizes }, bosId);
  const samples = units.flatMap((unit) => unit.samples);
  expect(samples.map(({ ids }) => String.fromCharCode(...ids))).toEqual(texts);
  expect(samples.map(({ token }) => token)).toEqual(tokens);
});

it('a text that spells BOS out is cut and counted as one that does not', () => {
  const planned = (text: string) => plan({ documents: [{ name: 'a', text }], samples: 3, ...sizes }, 7);
  const [spelled, plain] = [planned(`\x07${letters}`), planned(letters)];
  expect(spelled.units).toEqual(plain.units);
  expect(spelled.protocol.documents[0].tokens).toBe(letters.length);
});

it('a unit holds samples of one document, and so many that a cut costs little', () => {
  const documents = [
    { name: 'a', text: letters.repeat(100) },
    { name: 'b', text: letters.repeat(90) },
  ];
  const { units, protocol } = plan({ documents, samples: 401, ...sizes });
  expect(units.map(({ document, samples }) => [document, samples.length])).toEqual([
    ['a', 160],
    ['a', 41],
    ['b', 160],
    ['b', 40],
  ]);
  expect(new Set(units.map(({ key }) => key)).size).toBe(4);
  expect(protocol.documents.map(({ samples }) => samples)).toEqual([201, 200]);
  expect(protocol.documents[0].sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('a short document gives all that it has, and the protocol says so', () => {
  const documents = [
    { name: 'a', text: letters },
    { name: 'b', text: letters.repeat(9) },
  ];
  const words = (samples: number) => plan({ documents, samples, ...sizes }).protocol;
  expect(words(6).windows).toBe(
    'each document cut without overlap, an equal share of each drawn by the seed',
  );
  expect(words(20).documents.map(({ samples }) => samples)).toEqual([3, 17]);
  expect(words(20).windows).toContain('an equal share of each, or all where it has fewer, drawn by the seed');
});

it.each<[string, Partial<SampleOptions>, RegExp]>([
  ['no documents', { documents: [] }, /no document/],
  [
    'a name twice',
    { documents: [0, 1].map((i) => ({ name: 'a', text: letters.slice(i) })) },
    /'a' is named twice/,
  ],
  [
    'a text twice',
    { documents: ['a', 'b'].map((name) => ({ name, text: letters })) },
    /b is the same text as a/,
  ],
  ['more samples than windows', { samples: 4 }, /have 3 windows, and 4 samples are asked for/],
  ['more levels than fit', { levels: 4 }, /'levels' must be an integer from 1 to 3, not 4/],
  ['edges that leave no quarters', { edge: 3 }, /'edge' must be an integer from 0 to 2, not 3/],
  [
    'blocks that reach over the edge',
    { levels: 2 },
    /blocks of 4 positions, and only 2 .*at most 1 level.*at least 4 .--edge/,
  ],
  ['no edge', { edge: 0 }, /blocks of 2 positions, and only 0 .*: leave out at least 2/],
  ['a window longer than the model was trained on', { length: 65 }, /65 tokens .* trained on 64.*--length/],
  ['no samples', { samples: 0 }, /'samples'/],
  ['half a seed', { seed: 0.5 }, /'seed'/],
])('%s is refused', (_, options, message) => {
  const documents = [{ name: 'a', text: letters }];
  expect(() => plan({ documents, samples: 3, ...sizes, ...options })).toThrow(message);
});
