// Draws docs/kept.svg, the README's picture: which tokens of a text each policy still keeps at its end
// (`npm run draw:kept`). After the paper's Figure 1, but with the sinks and recent entries of its tables:
// the embedded model reads TOKENS tokens of the sample one by one; a column's darkness is the share of KV
// heads and layers that keep its tokens.
import { readFile, writeFile } from 'node:fs/promises';
import { SequenceCache } from '../src/cache/index.ts';
import { Batch, loadLocalModel } from '../src/generation/index.ts';
import { resolveModel } from '../src/model/index.ts';
import { findPolicy, planCache } from '../src/policies/index.ts';

const TOKENS = 2048;
const BUDGET = 256;
const POLICIES = ['streaming-llm', 'h2o', 'tova', 'random', 'treekv'];
const COLUMNS = 512;
const LEVELS = 12;

const model = await loadLocalModel(await resolveModel());
const { tokenizer, engine } = model;
const { layers, kvHeads: heads } = engine.config;
const text = await readFile('assets/sample.txt', 'utf8');
const ids = tokenizer.withBos(tokenizer.encode(text)).subarray(0, TOKENS);

const batch = new Batch(engine, POLICIES.length);
for (const policy of POLICIES) {
  const plan = await planCache({ policy, budget: BUDGET });
  batch.add(new SequenceCache(plan, await findPolicy(policy), { layers, heads }));
}
for (let at = 0; at < TOKENS; at++) {
  await batch.step(POLICIES.map(() => ({ ids: ids.subarray(at, at + 1), silent: true })));
}

// [policy][column] share of heads and layers that keep a token of the column
const shares = batch.sequences.map((cache) => {
  const columns = new Float64Array(COLUMNS);
  for (const { order } of cache.layers) {
    for (let head = 0; head < heads; head++) {
      for (let rank = 0; rank < order.count; rank++) {
        columns[Math.floor((order.tokens[head * order.stride + rank] * COLUMNS) / TOKENS)]++;
      }
    }
  }
  return columns.map((count) => count / ((layers * heads * TOKENS) / COLUMNS));
});
await writeFile('docs/kept.svg', draw(shares));
await engine.dispose();
console.log('docs/kept.svg');

function draw(rows: readonly Float64Array[]): string {
  const [left, top, height, gap, step] = [128, 56, 34, 14, 1.5];
  const width = left + COLUMNS * step + 24;
  const bottom = top + rows.length * (height + gap);
  const parts = rows.flatMap((row, i) => {
    const y = top + i * (height + gap);
    const frame = `<rect x="${left}" y="${y}" width="${COLUMNS * step}" height="${height}" fill="#f1efe9"/>`;
    const label = `<text x="${left - 12}" y="${y + height / 2 + 5}" text-anchor="end">${POLICIES[i]}</text>`;
    return [frame, label, ...shades(row, left, y, height, step)];
  });
  const ticks = [0, 512, 1024, 1536, 2048].map((token) => {
    const x = left + (token / TOKENS) * COLUMNS * step;
    return `<text x="${x}" y="${bottom + 14}" text-anchor="middle" class="small">${token}</text>`;
  });
  const split = `budget ${BUDGET} = 4 sinks + ${BUDGET / 2 - 4} recent + ${BUDGET / 2} chosen by the policy`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 44}" font-family="system-ui, sans-serif" font-size="15" fill="#2b2a27">
<title>Which of ${TOKENS} tokens each cache policy still keeps</title>
<style>.small{font-size:12px;fill:#6b6862}</style>
<rect width="100%" height="100%" rx="10" fill="#fffdf8"/>
<text x="${left}" y="24" font-size="16" font-weight="600">What is still in the cache after ${TOKENS} tokens</text>
<text x="${left}" y="43" class="small">${split}; darkness: share of heads and layers that keep the token</text>
${[...parts, ...ticks].join('\n')}
<text x="${left + (COLUMNS * step) / 2}" y="${bottom + 32}" text-anchor="middle" class="small">token of the text, old to new</text>
</svg>
`;
}

/** One path a shade: columns of equal darkness drawn together. */
function shades(row: Float64Array, left: number, y: number, height: number, step: number): string[] {
  const paths = new Map<number, string[]>();
  for (const [column, share] of row.entries()) {
    const level = Math.ceil(share * LEVELS);
    if (level === 0) continue;
    const path = paths.get(level) ?? [];
    path.push(`M${left + column * step} ${y}h${step}v${height}h-${step}z`);
    paths.set(level, path);
  }
  return [...paths].map(
    ([level, path]) =>
      `<path fill="#1f5f4a" fill-opacity="${(level / LEVELS).toFixed(2)}" d="${path.join('')}"/>`,
  );
}
