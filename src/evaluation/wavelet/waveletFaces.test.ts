// The table and the plot of a result, from the result alone.
import { expect, it } from 'vitest';
import { renderSvg } from '../../report/index.ts';
import { waveletPlots } from './waveletPlots.ts';
import type { WaveletResult, WaveletUnit } from './waveletResult.ts';
import { summariseWavelet } from './waveletSummary.ts';
import { waveletTable } from './waveletTable.ts';

const sizes = { samples: 3, length: 8, levels: 2, edge: 1, seed: 0 };
// documents differ a little: of equal ones there would be no intervals
const units = ['a', 'b', 'c'].map(
  (document, d): WaveletUnit => ({
    key: document,
    document,
    samples: [{ token: 0, first: [1, 1], last: [4 + 0.04 * d, 2 + 0.01 * d] }],
    magnitudes: [
      [1, 2, 3, 4],
      [5, 6],
    ],
  }),
);

function resultOf(measured: readonly WaveletUnit[]): WaveletResult {
  return {
    model: { name: 'tiny', fingerprint: 'f', dtype: 'fp32', trainedContext: 512 },
    protocol: {
      ...sizes,
      documents: measured.map(({ document: name }) => ({ name, samples: 1 })),
      bos: 'none',
    },
    units: measured,
    summary: summariseWavelet(measured, sizes),
  } as unknown as WaveletResult;
}

const result = resultOf(units);
/** Its coarse band is 0 in the first quarter, as attention that underflows leaves it. */
const zeros = resultOf(
  units.map((unit) => ({
    ...unit,
    samples: unit.samples.map((sample) => ({ ...sample, first: [1, 0] })),
    magnitudes: [
      [1, 2, 3, 4],
      [0, 6],
    ],
  })),
);

function bandsOf(table: string): string[][] {
  const lines = table.split('\n').filter((line) => /^\| D\d/.test(line));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it('the table has a line a band and says whether the claims hold', () => {
  const lines = waveletTable(result).split('\n');
  expect(lines[0]).toMatch(/tiny \(fp32\), 2 levels: 3 samples of 8 tokens from 3 documents, seed 0.*2 to 7/);
  const [d1, d2] = bandsOf(waveletTable(result));
  // the curve between the edges is 1, 2, 2, 3, 3, 4 over the square root of 2
  expect(d1.slice(2, 6).map(Number)).toEqual(
    [1, 2, 3, 3.5].map((value) => Number((value * Math.SQRT1_2).toFixed(3))),
  );
  expect(d1[6]).toMatch(/^4\.04 \[3\.9\d, 4\.1\d\]$/);
  expect(d2.slice(6)).toEqual([
    expect.stringMatching(/^2\.01 \[1\.9\d, 2\.0\d\]$/),
    '3 of 3',
    expect.stringMatching(/^2\.01 \[1\.9\d, 2\.0\d\]$/),
    expect.stringMatching(/^2\.030 \[1\.9\d\d, 2\.[01]\d\d\]$/),
  ]);
  expect(lines.filter((line) => /^- .*: yes/.test(line))).toHaveLength(3);
});

it('the table ends with what was measured', () => {
  const [, part] = waveletTable(result).split('\nHow it was measured\n');
  expect(part).toContain('- model: tiny, trained to 512 tokens, weights fp32');
  expect(part).toContain('- texts, and windows of each: a 1, b 1, c 1\n');
  expect(part).toContain('- BOS: none');
  expect(part).toContain('over documents, 10,000 samples, seed 0');
});

it('a band with a quarter of 0 has no factor, and no claim about factors holds', () => {
  const table = waveletTable(zeros);
  const [d1, d2] = bandsOf(table);
  expect(d1[6]).toMatch(/^4\.04 \[/);
  expect(d2.slice(6)).toEqual(['-', '-', '-', expect.stringMatching(/^1\.030 \[0\.9/)]);
  expect(table).toMatch(/- Every band is larger .*: open/);
  expect(table).toMatch(/- .* largest factor: open/);
  expect(table).toMatch(/- .* largest amount: yes/);
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

it('a magnitude of 0 leaves a gap in the plot, whose axis is that of the others', async () => {
  const { values } = waveletPlots(zeros)[''].data as { values: { magnitude: number | null }[] };
  expect(values.filter(({ magnitude }) => magnitude === null)).toHaveLength(3);
  const svg = await renderSvg(waveletPlots(zeros)['']);
  expect(svg).not.toContain('NaN');
  // the axis begins at the smallest magnitude that has a place on it
  const [least] = /Y-axis [^"]* values from ([\d.]+)/.exec(svg)?.slice(1) ?? [];
  expect(Number(least)).toBeCloseTo(Math.SQRT1_2, 5);
});
