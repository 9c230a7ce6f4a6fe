// Draws docs/kept.svg, the README's picture: which tokens of a text each policy still keeps at its end
// (`npm run draw:kept`). After the paper's Figure 1, but with the sinks and recent entries of its tables:
// the embedded model reads TOKENS tokens of the sample one by one; a column's darkness is the share of KV
// heads and layers that keep its tokens. Other texts, models and splits: `treekv eval retention`.
import { readFile, writeFile } from 'node:fs/promises';
import {
  keptPicture,
  keptStrip,
  planPolicies,
  recordPolicies,
  recordRetention,
  replayTrace,
  splitWords,
} from '../src/evaluation/index.ts';
import { loadLocalModel } from '../src/generation/index.ts';
import { resolveModel } from '../src/model/index.ts';

const TOKENS = 2048;
const BUDGET = 256;
const POLICIES = ['streaming-llm', 'h2o', 'tova', 'random', 'treekv'];

const { tokenizer, engine } = await loadLocalModel(await resolveModel());
const text = await readFile('assets/sample.txt', 'utf8');
const ids = tokenizer.withBos(tokenizer.encode(text)).subarray(0, TOKENS);
const policies = await planPolicies(POLICIES, { budget: BUDGET });
const records = await recordRetention(engine, { ids, policies });
const strips = records.map(({ trace }) => keptStrip(trace, replayTrace(trace), null));
const split = splitWords({ policies: await recordPolicies(policies) });
await writeFile('docs/kept.svg', keptPicture(strips, { split, heads: 'heads and layers', tokens: TOKENS }));
await engine.dispose();
console.log('docs/kept.svg');
