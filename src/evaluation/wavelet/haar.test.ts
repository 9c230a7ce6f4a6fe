// The Haar transform against PyWavelets (tools/reference/haarBands.py), and what holds for every signal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaarTransform, rebuildBand } from './haar.ts';

interface Case {
  readonly signal: readonly number[];
  /** [levels] of [coefficients] and of [length], finest first. */
  readonly details: readonly (readonly number[])[];
  readonly bands: readonly (readonly number[])[];
}

const fixture = join(import.meta.dirname, '../../../test/fixtures/haarBands.json');
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] };
const numbers = fc.double({ min: -8, max: 8, noNaN: true });

/** [levels] details of a signal of one channel. */
function detailsOf(signal: ArrayLike<number>, levels: number): readonly Float64Array[] {
  const transform = new HaarTransform(signal.length, 1, levels);
  transform.decompose(Float64Array.from(signal));
  return transform.details;
}

/** Largest difference; NaN does not pass for none. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('PyWavelets gives the same', () => {
  it.each(cases.map((one) => [one.signal.length, one.details.length, one] as const))(
    'details and bands of %i numbers at %i levels',
    (length, levels, { signal, details, bands }) => {
      const own = detailsOf(signal, levels);
      for (const [l, expected] of details.entries()) {
        expect(difference(own[l], expected)).toBeLessThan(1e-12);
        expect(difference(rebuildBand(own[l], l + 1, length), bands[l])).toBeLessThan(1e-12);
      }
    },
  );
});

it('channels side by side give what each gives alone, call after call', () => {
  const length = 13;
  const signals = fc.array(fc.tuple(numbers, numbers, numbers), { minLength: length, maxLength: length });
  const transform = new HaarTransform(length, 3, 4);
  fc.assert(
    fc.property(signals, (rows) => {
      transform.decompose(Float64Array.from(rows.flat()));
      for (let channel = 0; channel < 3; channel++) {
        const alone = detailsOf(
          rows.map((row) => row[channel]),
          4,
        );
        for (const [l, details] of transform.details.entries()) {
          expect(details.filter((_, i) => i % 3 === channel)).toEqual(alone[l]);
        }
      }
    }),
  );
});

it('all bands and the mean of the whole add up to a signal of 2^levels numbers', () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 32, maxLength: 32 }), (signal) => {
      const bands = detailsOf(signal, 5).map((details, l) => rebuildBand(details, l + 1, 32));
      const mean = signal.reduce((sum, value) => sum + value, 0) / 32;
      const sum = signal.map((_, i) => bands.reduce((total, band) => total + band[i], mean));
      expect(difference(sum, signal)).toBeLessThan(1e-12);
    }),
  );
});
