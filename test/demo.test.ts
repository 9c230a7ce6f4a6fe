// The demo, on a short text so that it takes seconds; and its own text, which must be as long as it says.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { embeddedModel, openTokenizer, resolveModel } from '../src/model/index.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const program = join(root, 'dist', 'cli', 'main.js');

let folder: string;
let sample: string;
let args: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-demo-'));
  sample = await readFile(join(root, 'assets', 'sample.txt'), 'utf8');
  const text = join(folder, 'short.txt');
  await writeFile(text, sample.slice(0, 1500));
  args = [program, 'demo', '--text', text, '--budget', '64', '--chunk', '8'];
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('prints a table, a continuation and what was shown on stdout; progress on stderr', async () => {
  const { stdout, stderr } = await run(process.execPath, args, { env: { ...process.env, CI: '1' } });
  for (const policy of ['full', 'treekv', 'streaming-llm', 'h2o', 'tova']) {
    expect(stdout).toMatch(new RegExp(`^${policy} +[0-9,]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+$`, 'm'));
  }
  expect(stdout).toContain('>>>');
  const words = stdout.replace(/\s+/g, ' ');
  expect(words).toContain('64 entries per head = 4 sinks + 28 recent + 32 selected');
  expect(words).toContain('up to 72 are visible');
  // the text is shorter than the model's training, so nothing breaks, and nothing else is claimed
  expect(words).toContain('full attention does not break here');
  expect(stderr).toContain('trained to 4,096 tokens');
});

it('--json gives every number, with memory as the engine allocated it', async () => {
  const { stdout, stderr } = await run(process.execPath, [...args, '--json']);
  const { tokens, readings, continuation, chunk, dtype } = JSON.parse(stdout);
  expect({ chunk, dtype, stderr }).toEqual({ chunk: 8, dtype: 'q8', stderr: '' });
  const [full, ...bounded] = readings;
  expect(full).toMatchObject({ policy: 'full', tokens: tokens - 1, cache: { budget: null } });
  for (const { cache, cacheBytes, entriesVisible, perplexity, tokens: read } of bounded) {
    expect({ read, budget: cache.budget, entriesVisible }).toEqual({
      read: tokens - 1,
      budget: 64,
      entriesVisible: 72,
    });
    // keys and values of 64 entries in 8 layers and 2 KV heads of 64, and 12 bytes a slot
    expect(cacheBytes).toBe(64 * 8 * 2 * (2 * 64 * 4 + 12));
    expect(perplexity).toBeGreaterThan(1);
  }
  expect(full.cacheBytes).toBeGreaterThan(4 * bounded[0].cacheBytes);
  expect(continuation.text.length).toBeGreaterThan(0);
  expect(continuation.statistics.tokensSeen).toBeGreaterThan(tokens);
});

it('its own text has 16,000 tokens, BOS included', async () => {
  const tokenizer = await openTokenizer(await resolveModel(embeddedModel));
  expect(tokenizer.withBos(tokenizer.encode(sample)).length).toBe(16_000);
});
