// The hand-made pictures: what is drawn, not how it looks.
import { expect, test } from 'vitest';
import { treekv } from '../../policies/index.ts';
import { keptMap, keptMapOverTime } from './keptMap.ts';
import { keptPicture } from './keptPicture.ts';
import { mergeTree } from './mergeTree.ts';
import { shadePaths } from './shadePaths.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';
import { timePicture } from './timePicture.ts';
import { treePicture } from './treePicture.ts';

const around = { split: 'budget 4', heads: 'heads', tokens: 17 };
const options = { budget: 4, sinks: 0, recent: 0 };
const { trace, kept } = takeTrace({ definition: treekv, options }, oneByOne(17));

test('a shade is one path, cells of one shade below each other one shape, and what is not kept is not drawn', () => {
  const shares = Float64Array.of(1, 0, 1, 0.5, 0, 0.5);
  const place = { left: 10, top: 20, cellWidth: 2, cellHeight: 3 };
  expect(shadePaths({ rows: 3, columns: 2, shares }, place)).toEqual([
    '<path fill="#1f5f4a" fill-opacity="1.00" d="M10 20h2v6h-2z"/>',
    '<path fill="#1f5f4a" fill-opacity="0.50" d="M12 23h2v6h-2z"/>',
  ]);
});

test('a share that is small but not nothing is seen', () => {
  const [path] = shadePaths(
    { rows: 1, columns: 1, shares: Float64Array.of(0.001) },
    { left: 0, top: 0, cellWidth: 1, cellHeight: 1 },
  );
  expect(path).toContain('fill-opacity="0.08"');
});

test('the picture of the end has a strip a policy, and its names are no markup', () => {
  const map = keptMap(kept[kept.length - 1], 17, 17, null);
  const svg = keptPicture(
    [{ label: 'treekv' }, { label: 'a<b&c.mjs' }].map((one) => ({ ...one, map })),
    around,
  );
  expect(svg.match(/fill="#f1efe9"/g)).toHaveLength(2);
  expect(svg).toContain('a&lt;b&amp;c.mjs');
  expect(svg).toContain('What is still in the cache after 17 tokens');
});

test('the picture over time has a panel a policy, three beside each other', () => {
  const panel = { label: 'treekv', map: keptMapOverTime(trace, 17, null) };
  const widthOf = (panels: number): number =>
    Number(/viewBox="0 0 (\S+)/.exec(timePicture(Array(panels).fill(panel), around))?.[1]);
  expect(widthOf(2)).toBeLessThan(widthOf(3));
  expect(widthOf(4)).toBe(widthOf(3));
});

test('a narrow picture is as wide as its heading', () => {
  const panel = { label: 'treekv', map: keptMapOverTime(trace, 17, null) };
  const split = 'budget 4 = 0 sinks + 0 recent + 4 chosen by the policy, said at some length';
  const width = Number(/viewBox="0 0 (\S+)/.exec(timePicture([panel], { ...around, split }))?.[1]);
  expect(width).toBeGreaterThan(64 + 6 * `${split}; darkness: share of heads that keep the token`.length);
});

test('the tree marks a scope and an entry that leaves at every step once the cache is full', () => {
  const svg = treePicture([mergeTree(trace, 0, 0)]);
  expect(svg.match(/fill="#f3d7a2"/g)).toHaveLength(13);
  expect(svg.match(/stroke="#b3402e"/g)).toHaveLength(13);
  expect(svg).toContain('any name keeps 4 entries: layer 0, KV head 0');
});

test('the tree numbers steps and tokens from 1, as the paper does', () => {
  const svg = treePicture([mergeTree(trace, 0, 0)]);
  const steps = [...svg.matchAll(/text-anchor="end" class="small">(\d+)</g)].map(([, step]) => Number(step));
  expect(steps).toEqual(Array.from({ length: 17 }, (_, i) => i + 1));
  expect(svg).toContain('counted from 1: step t reads token t');
  expect(svg).not.toContain('class="small">0<');
});
