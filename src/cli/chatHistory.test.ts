// The file of what was typed: read back in readline's order, bounded, and for its owner only.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { historySize, readChatHistory, writeChatHistory } from './chatHistory.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-history-'));
});

afterAll(() => rm(folder, { recursive: true }));

it('what is written comes back, the latest first, in a folder that was not there', async () => {
  const file = join(folder, 'new', 'history');
  await writeChatHistory(file, ['third', 'second', 'first']);
  expect(await readChatHistory(file)).toEqual(['third', 'second', 'first']);
});

it('an absent file is no history', async () => {
  expect(await readChatHistory(join(folder, 'absent'))).toEqual([]);
});

it('only the latest lines are kept', async () => {
  const file = join(folder, 'long');
  const lines = Array.from({ length: historySize + 20 }, (_, i) => `line ${i}`);
  await writeChatHistory(file, lines);
  expect(await readChatHistory(file)).toEqual(lines.slice(0, historySize));
});

it.skipIf(process.platform === 'win32')('nobody else may read it', async () => {
  const file = join(folder, 'private');
  await writeChatHistory(file, ['secret']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
