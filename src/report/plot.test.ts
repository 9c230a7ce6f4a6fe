// Plots: a specification becomes a picture with its data in it, and an SVG becomes a PNG of twice its size.
import { expect, test } from 'vitest';
import { renderPng, renderSvg } from './plot.ts';

const spec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  title: 'Perplexity',
  data: { values: [{ context: 1, perplexity: 2, policy: 'treekv' }] },
  mark: 'point',
  encoding: {
    x: { field: 'context', type: 'quantitative' },
    y: { field: 'perplexity', type: 'quantitative' },
    color: { field: 'policy', type: 'nominal' },
  },
};

test('a specification becomes an SVG with its words', async () => {
  const svg = await renderSvg(spec);
  expect(svg).toMatch(/^<svg/);
  for (const word of ['Perplexity', 'context', 'treekv']) expect(svg).toContain(word);
});

test('the same specification gives the same SVG', async () => {
  expect(await renderSvg(spec)).toBe(await renderSvg(spec));
});

test('an SVG is taken as it is', async () => {
  expect(await renderSvg('<svg/>')).toBe('<svg/>');
});

test('a PNG has twice the size of its SVG', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="9" height="9"/></svg>';
  const png = Buffer.from(await renderPng(svg));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([60, 40]);
});
