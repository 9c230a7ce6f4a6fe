// Frequencies with and without scaling, against numbers that PyTorch gave and against the definition in
// float64.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rotaryFrequencies } from './rotaryFrequencies.ts';

const llama31 = {
  kind: 'llama3',
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8192,
} as const;

test('without scaling, frequency i is theta^(-2i/D)', () => {
  const frequencies = rotaryFrequencies({ headDim: 64, ropeTheta: 10_000, ropeScaling: null });
  expect(frequencies).toHaveLength(32);
  for (const [i, frequency] of frequencies.entries()) {
    expect(Math.abs(frequency * 10_000 ** (i / 32) - 1)).toBeLessThan(2e-7);
  }
});

// From LlamaRotaryEmbedding of transformers 5: kept, blended and stretched ones.
const torch: readonly (readonly [number, number])[] = [
  [0, 1.0],
  [20, 0.016560440883040428],
  [28, 0.0032114461064338684],
  [29, 0.0021665706299245358],
  [31, 0.0008567514596506953],
  [34, 0.0001785077911335975],
  [35, 9.556212171446532e-5],
  [63, 3.068925877869333e-7],
];

test.each(torch)('frequency %i of Llama 3.1 8B is, to the last bit, that of PyTorch', (i, expected) => {
  const frequencies = rotaryFrequencies({ headDim: 128, ropeTheta: 500_000, ropeScaling: llama31 });
  expect(frequencies[i]).toBe(expected);
});

test('llama3 keeps what turns often, stretches what turns rarely, and blends between by the number of turns', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 128 }).map((half) => 2 * half),
      fc.double({ min: 100, max: 1e6, noNaN: true }),
      fc.double({ min: 1, max: 64, noNaN: true }),
      fc.integer({ min: 8, max: 1 << 17 }),
      (headDim, ropeTheta, factor, originalMaxPositions) => {
        const ropeScaling = { ...llama31, factor, originalMaxPositions };
        const scaled = rotaryFrequencies({ headDim, ropeTheta, ropeScaling });
        for (const [i, frequency] of scaled.entries()) {
          const plain = ropeTheta ** ((-2 * i) / headDim);
          const turns = (originalMaxPositions * plain) / (2 * Math.PI);
          const kept = Math.min(1, Math.max(0, (turns - 1) / 3));
          expect(Math.abs(frequency / (plain * (kept + (1 - kept) / factor)) - 1)).toBeLessThan(1e-5);
        }
      },
    ),
  );
});

test('factors divide', () => {
  const ropeScaling = { kind: 'factors', factors: [1, 1.5, 8] } as const;
  const frequencies = rotaryFrequencies({ headDim: 6, ropeTheta: 1000, ropeScaling });
  for (const [i, expected] of [1, 0.1 / 1.5, 0.01 / 8].entries()) {
    expect(Math.abs(frequencies[i] / expected - 1)).toBeLessThan(2e-7);
  }
});
