// Every option of every command that takes a number is given a silly one. Either it does no harm, or it is refused with
// its number; nothing hangs, fills the memory, or is called a defect. The list of options is the program's own.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, expect, it } from 'vitest';
import { createProgram } from '../src/cli/program.ts';
import { Random } from '../src/core/index.ts';
import { writeLongBenchFolder } from '../src/evaluation/longbench/longBenchFolder.testing.ts';
import { rounds } from './support/rounds.ts';
import { collect, program } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyChatFolder } from './support/tinyChatFolder.ts';

const place = useTemporaryCache();
// In the folder of the test, where the program is started.
const [text, model, data] = ['text.txt', 'model', 'data'];

beforeAll(async () => {
  await writeTinyChatFolder(join(place.folder, model));
  await writeLongBenchFolder(join(place.folder, data));
  const sample = await readFile(join(import.meta.dirname, '..', 'assets', 'sample.txt'), 'utf8');
  await writeFile(join(place.folder, text), sample.replace(/[^ -~]/g, ' ').slice(0, 2500));
});

const texts = ['--text', text, '-m', model];
const split = ['--policies', 'treekv', '--budget', '32'];

/** A job of every command that is done in a moment. */
const jobs: Readonly<Record<string, readonly string[]>> = {
  demo: ['--text', text, '-m', model],
  generate: ['Hi', '-m', model, '--do-sample', '--max-new-tokens', '9', '--budget', '64'],
  chat: ['-m', model, '--do-sample', '--max-new-tokens', '9', '--budget', '64'],
  inspect: [],
  'eval perplexity': [...texts, ...split, '--context', '90'],
  'eval stream': [...texts, ...split, '--tokens', '300'],
  'eval prefill': [...texts, ...split, '--prompt', '90', '--scored', '9'],
  'eval longbench': ['--data', data, '--any-templates', '--tasks', 'trec', '-m', model, ...split],
  'eval needle': [...split, '-m', model, '--lengths', '400', '--depths', '0', '--samples', '1'],
  'eval retention': [...texts, ...split, '--length', '60'],
  'eval ablation': [...texts, '--limit', '60', '--groups', 'rule', '--policies', 'h2o', '--budget', '16'],
  'eval wavelet': [...texts, '--samples', '2', '--length', '128'],
};

/** What an option needs beside it to have an effect. */
const company: Readonly<Record<string, readonly string[]>> = {
  '--policy-seed': ['--policy', 'random'],
  '--prefill-block': ['--prefill', 'full'],
  '--prefill-window': ['--prefill', 'full', '--prefill-method', 'snapkv'],
  '--prefill-kernel': ['--prefill', 'full', '--prefill-method', 'snapkv'],
  'eval stream --save-every': ['--output', 'stream-NUMBER'],
  'eval longbench --chunk': ['--prefill', 'chunked'],
  'eval retention --head': ['--tree', '--length', '17'],
};

/** The job of an option that the command's own job has no room for. */
const otherJobs: Readonly<Record<string, readonly string[]>> = {
  'eval perplexity --window': [...texts, ...split, '--protocol', 'sliding'],
  'eval perplexity --stride': [...texts, ...split, '--protocol', 'sliding', '--window', '90'],
};

/** Too large for anything, too large for what counts in 32 bits, and an even and an odd number that memory could hold. */
const sillyNumbers = ['9007199254740991', '4294967297', '100000000', '99999999'];

interface Case {
  readonly command: string;
  readonly option: string;
  readonly words: readonly string[];
}

function numericOptions(command: Command, path: readonly string[] = []): Case[] {
  const name = path.join(' ');
  const own = command.options.filter(({ parseArg }) => {
    try {
      const value: unknown = parseArg?.('3', undefined as never);
      return [value].flat().every((item) => typeof item === 'number') && value !== undefined;
    } catch {
      return false;
    }
  });
  const cases = own.flatMap(({ long }) =>
    sillyNumbers.map((number): Case => {
      const option = String(long);
      const key = `${name} ${option}`;
      const beside = company[key] ?? company[option] ?? [];
      const job = withoutOption(otherJobs[key] ?? jobs[name] ?? [], option);
      return {
        command: name,
        option,
        words: [...path, ...job, ...beside.map((word) => word.replace('NUMBER', number)), option, number],
      };
    }),
  );
  return [...cases, ...command.commands.flatMap((child) => numericOptions(child, [...path, child.name()]))];
}

/** Commander takes the last of several, except of lists. */
function withoutOption(words: readonly string[], option: string): string[] {
  const at = words.indexOf(option);
  return at < 0 ? [...words] : [...words.slice(0, at), ...words.slice(at + 2)];
}

const cases = numericOptions(
  createProgram({ signal: new AbortController().signal, onInterrupt: () => () => undefined }),
);

it('every command with a numeric option has a job, and there are as many options as there should be', () => {
  expect(new Set(cases.map(({ command }) => command))).toEqual(new Set(Object.keys(jobs)));
  expect(cases.length / sillyNumbers.length).toBeGreaterThan(80);
});

/** Ends a run that hangs or eats memory before the machine suffers. */
const PATIENCE = 60_000;

/** What is wrong with a run; undefined if nothing is. A refusal names the number. */
async function judge({ words }: Case): Promise<string | undefined> {
  const child = spawn(process.execPath, [program, ...words], { cwd: place.folder });
  child.stdin?.on('error', () => undefined).end('Hello\n');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  const { code, stderr } = await collect(child);
  clearTimeout(timer);
  const spoken = stderr.trim().split('\n').at(-1) ?? '';
  if (code === 0) return undefined;
  const number = words.at(-1) ?? '';
  if (code === 2 && spoken.includes(number) && !spoken.includes('defect of treekv')) return undefined;
  return `treekv ${words.join(' ')}\n  ended with ${code}: ${spoken}`;
}

it('a silly number does no harm, or is refused with its number', async () => {
  const random = new Random(new Date().getUTCDate());
  const shuffled = cases
    .map((one) => ({ one, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
  const chosen = shuffled.slice(0, rounds(40, cases.length));
  const faults: string[] = [];
  const work = chosen.values();
  await Promise.all(
    Array.from({ length: 2 }, async () => {
      for (const one of work) {
        const fault = await judge(one);
        if (fault !== undefined) faults.push(fault);
      }
    }),
  );
  expect(faults).toEqual([]);
});
