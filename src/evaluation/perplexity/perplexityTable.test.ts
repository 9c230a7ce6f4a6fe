// The tables and plots of a result, as functions of it alone.
import { describe, expect, test } from 'vitest';
import { renderSvg } from '../../report/index.ts';
import { perplexityPlots } from './perplexityPlots.ts';
import { protocolOf, reportOf, unitsOf } from './perplexityReport.testing.ts';
import { perplexityTable } from './perplexityTable.ts';

const protocol = protocolOf({ 'a.txt': 8, 'b.txt': 5 }, ['full', 'treekv']);
const units = unitsOf(protocol, (document, policy) =>
  policy === 'full' ? 8 : document === 'a.txt' ? 1 : 1.5,
);
const report = reportOf(protocol, units);

describe('the table', () => {
  const text = perplexityTable(report);

  test('has policies down and contexts across, broken ones rounded', () => {
    expect(text).toContain('| policy | 4 | 8 | entries visible |');
    expect(text).toContain(`| full | 2981 | 2981 | 17 |`);
    expect(text).toContain(`| treekv | ${Math.exp(1.25).toFixed(4)} | ${Math.exp(1).toFixed(4)} | 17 |`);
  });

  test('has the paired differences with their intervals; of one document there is none', () => {
    expect(text).toMatch(/\| treekv \| -6\.7500 \[-9\.0420, -4\.4580\] \| -7\.0000 \|/);
    expect(text).toContain('less that of `full`, paired by document, with 95 % bootstrap intervals');
  });

  test('has each document, what was too short, and the protocol', () => {
    expect(text).toContain('Shorter than 8 tokens, so not in that column: b.txt');
    expect(text).toContain(`| b.txt | 5 | 4 | 2981 | ${Math.exp(1.5).toFixed(4)} |`);
    for (const words of ['protocol: stream', 'reset: per document', 'BOS: in front', 'the first 8 tokens']) {
      expect(text).toContain(words);
    }
    expect(text).toContain('- treekv: keeps 16 = 2 sinks + 4 recent + 10 selected; 17 entries visible');
  });

  test('warns of weights that are not fp32, and of those only', () => {
    expect(text).not.toContain('Note:');
    const quantised = { ...report, model: { ...report.model, dtype: 'q8' } };
    expect(perplexityTable(quantised)).toMatch(/weights are q8.*should be fp32/);
  });

  test('of a run without reset shows the mean over all tokens too', () => {
    const joined = reportOf({ ...protocol, joined: true }, units);
    const all = Math.exp((8 * 1 + 5 * 1.5) / 13).toFixed(4);
    expect(perplexityTable(joined)).toContain(`${Math.exp(1).toFixed(4)} | ${all} | 17 |`);
  });
});

describe('the plots', () => {
  test('show perplexity against context, on a logarithmic axis where a policy breaks', async () => {
    const { '': plot } = perplexityPlots(report);
    expect(plot.encoding).toMatchObject({ y: { scale: { type: 'log' } }, x: { axis: { values: [4, 8] } } });
    expect((plot.data as { values: unknown[] }).values).toHaveLength(4);
    const svg = await renderSvg(plot);
    for (const word of ['full', 'treekv', 'books']) expect(svg).toContain(word);
    const calm = reportOf(
      protocol,
      unitsOf(protocol, () => 1),
    );
    expect(perplexityPlots(calm)[''].encoding).toMatchObject({
      y: { scale: { type: 'linear', zero: false } },
    });
  });

  test('show likelihood against position in stream only, whole buckets only', () => {
    const { position } = perplexityPlots(report);
    const { values } = position.data as { values: { policy: string; position: number; nll: number }[] };
    expect(values.filter(({ policy }) => policy === 'treekv')).toEqual([
      ...[1, 3].map((at) => ({ policy: 'treekv', position: at, nll: 1.25 })),
      // b.txt has five tokens: it does not fill the third bucket of two
      ...[5, 7].map((at) => ({ policy: 'treekv', position: at, nll: 1 })),
    ]);
    const sliding = reportOf({ ...protocol, protocol: 'sliding', strideTokens: 2 }, units);
    expect(Object.keys(perplexityPlots(sliding))).toEqual(['']);
  });
});
