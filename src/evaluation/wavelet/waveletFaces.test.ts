// The table and the plot of a result, from the result alone.
import { expect, it } from 'vitest';
import { renderSvg } from '../../report/index.ts';
import { waveletPlots } from './waveletPlots.ts';
import type { WaveletResult, WaveletUnit } from './waveletResult.ts';
import { summariseWavelet } from './waveletSummary.ts';
import { waveletTable } from './waveletTable.ts';

const sizes = { samples: 3, length: 8, levels: 2, edge: 1, seed: 0 };
const units: WaveletUnit[] = [
  {
    key: 'a',
    document: 'a',
    samples: [2, 2, 2].map((factor, token) => ({ token, first: [1, 1], last: [2 * factor, factor] })),
    magnitudes: [
      [1, 2, 3, 4],
      [5, 6],
    ],
  },
];
const result = {
  model: { name: 'tiny', fingerprint: 'f', dtype: 'fp32', trainedContext: 512 },
  protocol: sizes,
  units,
  summary: summariseWavelet(units, sizes),
} as unknown as WaveletResult;

it('the table has a line a band and says whether the claims hold', () => {
  const lines = waveletTable(result).split('\n');
  expect(lines[0]).toMatch(/tiny \(fp32\), 2 levels: 3 samples of 8 tokens from 1 document, seed 0.*2 to 7/);
  const [d1, d2] = lines.filter((line) => /^\| D\d/.test(line)).map((line) => line.split('|').slice(1, -1));
  // the curve between the edges is 1, 2, 2, 3, 3, 4 over the square root of 2
  expect(d1.slice(2, 6).map(Number)).toEqual(
    [1, 2, 3, 3.5].map((value) => Number((value * Math.SQRT1_2).toFixed(3))),
  );
  expect(d1[6].trim()).toBe('4.00 [4.00, 4.00]');
  expect(d2.slice(6).map((cell) => cell.trim())).toEqual([
    '2.00 [2.00, 2.00]',
    '1 of 1',
    '2.00 [2.00, 2.00]',
    '2.000 [2.000, 2.000]',
  ]);
  expect(lines.filter((line) => /^- .*: yes/.test(line))).toHaveLength(3);
});

it('the plot shows every band between the edges, and can be drawn', async () => {
  const figure = waveletPlots(result)[''];
  const { values } = figure.data as { values: { band: string; position: number; magnitude: number }[] };
  expect(values).toHaveLength(2 * 6);
  expect(values[0]).toMatchObject({ position: 2, magnitude: Math.SQRT1_2 });
  expect(values[11].position).toBe(7);
  expect(values[11].magnitude).toBeCloseTo(3, 14);
  expect(await renderSvg(figure)).toContain('D2 (4 positions)');
});
