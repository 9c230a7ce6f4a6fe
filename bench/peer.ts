// How fast is a bounded cache against llama.cpp with its full one, on the same GGUF file? Both run in child
// processes of this one, with the same number of threads, and take turns: while one works the other sleeps.
//
//   npm run bench:peer -- --peer FOLDER [--type q4_0|q8_0] [--scratch FOLDER] [--rounds N] [--lengths 256,1024]
//
// FOLDER is one in which node-llama-cpp 3.22.1 is installed; the project does not depend on it. The file is
// random weights in the shape of Qwen2.5-0.5B. Ours keeps TreeKV's budget of 1024 entries and scores them
// all; theirs keeps every entry in 16 bits, with flash attention. Both write greedily.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './alternate.ts';
import type { PeerAnswer, PeerRequest } from './peerProtocol.ts';
import { type RandomType, writeRandomGguf } from './randomGguf.ts';
import { Report } from './table.ts';

const CHUNK = 256;
const BURST = 16;

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    type: { type: 'string', default: 'q4_0' },
    scratch: { type: 'string', default: join(tmpdir(), 'treekv-bench') },
    rounds: { type: 'string', default: '5' },
    lengths: { type: 'string', default: '256,1024,4096,16384' },
    json: { type: 'string' },
  },
});
if (values.peer === undefined) {
  throw new Error('--peer FOLDER is missing: a folder in which node-llama-cpp 3.22.1 is installed');
}
const rounds = Number(values.rounds);
const lengths = values.lengths.split(',').map(Number);
const type = randomType(values.type);
const file = join(values.scratch, `random-0.5b-${type}.gguf`);
await mkdir(values.scratch, { recursive: true });
if ((await stat(file).catch(() => undefined)) === undefined) await writeRandomGguf(file, type);

const report = new Report(`Against llama.cpp, ${type}, Qwen2.5-0.5B's shape`);
const sides = {
  ours: await start('peerOurs.js', [file]),
  theirs: await start('peerTheirs.js', [file, values.peer, String(Math.max(...lengths) + 1024)]),
};
const names = ['ours', 'theirs'] as const;
const rows: (string | number)[][] = [];
for (const length of lengths) {
  const prefill: Record<string, number[]> = { ours: [], theirs: [] };
  const decode: Record<string, number[]> = { ours: [], theirs: [] };
  for (const name of names) await ask(sides[name], { read: length - CHUNK, chunk: CHUNK });
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const name of turns(round)) {
      await ask(sides[name], { read: length - CHUNK, chunk: CHUNK });
      prefill[name].push(...(await ask(sides[name], { read: length, chunk: CHUNK })));
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of turns(round)) {
      // the first token of a burst brings weights and cache back into the processor's caches
      const times = await ask(sides[name], { read: length, chunk: CHUNK, decode: BURST });
      decode[name].push(...times.slice(1));
    }
  }
  const [oursPrefill, theirsPrefill] = names.map((name) => (1000 * CHUNK) / median(prefill[name]));
  const [oursDecode, theirsDecode] = names.map((name) => 1000 / median(decode[name]));
  const best = names.map((name) => 1000 / Math.min(...decode[name]));
  rows.push([
    String(length),
    oursPrefill,
    theirsPrefill,
    oursPrefill / theirsPrefill,
    oursDecode,
    theirsDecode,
    oursDecode / theirsDecode,
    best[0] / best[1],
  ]);
}
report.table(
  'Tokens per second',
  ['tokens read', 'prefill, ours', 'theirs', 'ratio', 'decode, ours', 'theirs', 'ratio', 'ratio of bests'],
  rows,
);
report.note(
  `Prefill: the last ${CHUNK} tokens up to that length. Decode: medians of ${rounds} bursts in turn.`,
);
await report.save(values.json);
for (const name of names) sides[name].kill();

function randomType(name: string): RandomType {
  if (name === 'q4_0' || name === 'q8_0') return name;
  throw new Error(`--type must be q4_0 or q8_0, not ${name}`);
}

function turns(round: number): readonly (typeof names)[number][] {
  return round % 2 === 0 ? names : [...names].reverse();
}

async function start(script: string, args: readonly string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args);
  child.once('exit', (code) => {
    if (code !== null && code !== 0) throw new Error(`${script} ended with ${code}`);
  });
  await answer(child);
  return child;
}

/** Milliseconds of what was timed: the last chunk read, or every token written. */
async function ask(child: ChildProcess, request: PeerRequest): Promise<readonly number[]> {
  const answered = answer(child);
  child.send(request);
  const { times } = await answered;
  // idle threads spin for a while before they sleep
  await new Promise((resolve) => setTimeout(resolve, 100));
  return times;
}

function answer(child: ChildProcess): Promise<PeerAnswer> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as PeerAnswer)));
}
