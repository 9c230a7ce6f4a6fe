// The program as a person or a script meets it: the built `treekv`, in a process of its own. What it prints
// where, how it ends, and what it says of bad input.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, type Ended, program, startProgram } from './support/runProgram.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-cli-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('usage', () => {
  it('help answers on stdout, for the program and for each command', async () => {
    const whole = await treekv(['--help']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    const commands = [
      ...[['generate'], ['eval'], ['eval', 'perplexity'], ['eval', 'ablation'], ['inspect'], ['demo']],
    ];
    const helps = await Promise.all(commands.map((words) => treekv([...words, '--help'])));
    for (const [i, { code, stdout, stderr }] of helps.entries()) {
      expect(whole.stdout).toContain(commands[i][0]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}treekv /);
      expect(stderr).toBe('');
    }
  });

  it.each([[[]], [['eval']], [['eval', 'perplexity']], [['eval', 'ablation']]])(
    'help does not load the engine: %j',
    async (words) => {
      const script =
        `process.argv.push(...${JSON.stringify([...words, '--help'])}); await import(${JSON.stringify(pathToFileURL(program).href)});` +
        'process.stderr.write(process.report.getReport().sharedObjects.join());';
      const { stdout, stderr } = await collect(
        spawn(process.execPath, ['--input-type=module', '-e', script, program]),
      );
      expect(stdout).toMatch(/Examples?:|treekv demo/);
      expect(stderr).not.toMatch(/onnxruntime/);
    },
  );

  it('no command is a usage error that shows the help on stderr', async () => {
    const { code, stdout, stderr } = await treekv([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('treekv demo');
  });

  it.each([
    ['an unknown option', ['generate', '--bugdet', '64', 'hi'], /unknown option '--bugdet'.*--budget/],
    ['an unknown command', ['generat', 'hi'], /unknown command 'generat'.*generate/],
    ['a word for a number', ['generate', '--budget', 'many', 'hi'], /'many'/],
    [
      'a budget too small',
      ['generate', '--budget', '20', '--recent', '16', 'hi'],
      /sinks 4 \+ recent 16 \+ 1 = 21/,
    ],
    ['an unknown policy', ['generate', '--policy', 'treekw', 'hi'], /Did you mean 'treekv'/],
    ['an unknown dtype', ['generate', '--dtype', 'q3', 'hi'], /fp32, q8, q4/],
    ['an option without effect', ['generate', '--temperature', '0.8', 'hi'], /add --do-sample/],
    [
      'an option of another policy',
      ['generate', '--policy', 'h2o', '--rule', 'prose', 'hi'],
      /'rule' does not apply/,
    ],
    ['two prompts', ['generate', '-p', 'one', 'two'], /several prompts/],
    ['a dtype that the packed model is not', ['generate', '--dtype', 'fp32', 'hi'], /already packed as q8/],
    ['a score without effect', ['generate', '--choice', 'keep-left', '--score', 'sum', 'hi'], /no effect/],
    [
      'another protocol',
      ['eval', 'perplexity', '--text', 'a', '--protocol', 'window'],
      /'stream'.*'sliding'/,
    ],
    [
      'an option of the other protocol',
      ['eval', 'perplexity', '--text', 'a', '--window', '4k'],
      /--window applies to --protocol sliding only/,
    ],
    ['an unknown group', ['eval', 'ablation', '--text', 'a', '--groups', 'chioce'], /did you mean 'choice'/],
    ['no text', ['eval', 'perplexity'], /--text/],
    ['a length that is none', ['inspect', '--context', '12q'], /128k/],
  ])('%s ends with 2 and one clear line', async (_, args, message) => {
    const { code, stdout, stderr } = await treekv(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^treekv: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('failures', () => {
  it('an absent model folder ends with 1; the stack shows with --verbose only', async () => {
    const missing = join(folder, 'no-model');
    const [quiet, verbose] = await Promise.all([
      treekv(['generate', '-m', missing, 'hi']),
      treekv(['generate', '-m', missing, 'hi', '--verbose']),
    ]);
    expect(quiet).toMatchObject({ code: 1, stdout: '' });
    expect(quiet.stderr).toContain(missing);
    expect(quiet.stderr).not.toMatch(/^\s+at /m);
    expect(verbose.stderr).toMatch(/^\s+at /m);
  });

  it('a text that is not UTF-8 ends with 1 and names the file and the byte', async () => {
    const file = join(folder, 'latin1.txt');
    await writeFile(file, Buffer.from('na\xefve', 'latin1'));
    const runs = await Promise.all([
      treekv(['generate', '--prompt-file', file]),
      treekv(['eval', 'perplexity', '--text', file]),
    ]);
    for (const { code, stdout, stderr } of runs) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`${file} is not UTF-8: byte 3`);
    }
  });

  it('an empty prompt ends with 1, given or piped', async () => {
    const runs = await Promise.all([treekv(['generate', '']), treekv(['generate'], '')]);
    for (const { code, stdout, stderr } of runs) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/empty/);
    }
  });

  it('with --json the error is on stdout too', async () => {
    const { code, stdout, stderr } = await treekv(['generate', '--json', '--budget', '2', 'hi']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'BUDGET_TOO_SMALL', details: { budget: 2, sinks: 4 } },
    });
    expect(stderr).toMatch(/^treekv: /);
  });
});

describe('generate', () => {
  const sampled = ['--do-sample', '--seed', '7', '--max-new-tokens', '12'];

  it('writes the text on stdout alone, the same for the same seed, however the prompt comes', async () => {
    const file = join(folder, 'prompt.txt');
    await writeFile(file, 'The old house');
    const runs = await Promise.all([
      treekv(['generate', 'The old house', ...sampled]),
      treekv(['generate', '--prompt-file', file, ...sampled]),
      treekv(['generate', ...sampled], 'The old house'),
    ]);
    for (const run of runs) expect(run).toEqual({ code: 0, stdout: runs[0].stdout, stderr: '' });
    expect(runs[0].stdout.trim().length).toBeGreaterThan(10);
  });

  it('--json is one document with text and statistics; --timing goes to stderr', async () => {
    const { code, stdout, stderr } = await treekv(['generate', 'The', '--json', '--timing', ...sampled]);
    expect(code).toBe(0);
    const { text, statistics } = JSON.parse(stdout);
    expect(text.length).toBeGreaterThan(0);
    expect(statistics).toMatchObject({ completion_tokens: 12, cache: { policy: 'treekv', budget: 1024 } });
    expect(stderr).toMatch(/tokens\/s/);
  });

  it('Ctrl-C ends it with 130, cleanly, with what was written so far', async () => {
    const child = startProgram(['generate', 'Once upon a time', '--max-new-tokens', '100000']);
    const ended = collect(child);
    await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stdout.length).toBeGreaterThan(0);
    expect(stderr).toBe('\ntreekv: interrupted\n');
  });

  it('ends quietly when the reader of stdout leaves', async () => {
    const child = startProgram(['generate', 'Once upon a time', '--max-new-tokens', '100000']);
    const ended = collect(child);
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it.skipIf(process.platform === 'win32')('runs through a link, as npm makes for a bin', async () => {
    const link = join(folder, 'treekv');
    await symlink(program, link);
    const { code, stdout } = await collect(spawn(process.execPath, [link, '--version']));
    const { version } = JSON.parse(await readFile(join(program, '..', '..', '..', 'package.json'), 'utf8'));
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: version });
    expect((await readFile(program, 'utf8')).startsWith('#!/usr/bin/env node\n')).toBe(true);
  });
});

describe('inspect', () => {
  it('says what the model is and what caches take', async () => {
    const { code, stdout, stderr } = await treekv(['inspect', '--context', '4096,128k', '--budget', '512']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/trained context +4,096 tokens/);
    expect(stdout).toMatch(/131,072 +1\.0 GiB +4\.0 MiB +256 x/);
  });

  it('--json gives bytes: 2 x layers x KV heads x head width x 4 an entry', async () => {
    const { stdout } = await treekv(['inspect', '--json', '--context', '1000,1m']);
    const { config, parameters, held, sizes } = JSON.parse(stdout);
    const entry = 2 * config.layers * config.kvHeads * config.headDim * 4;
    expect(parameters).toBe(26_747_392);
    expect(held).toEqual(['q8']);
    expect(sizes).toEqual([
      { tokens: 1000, fullBytes: 1000 * entry, boundedBytes: 1000 * entry },
      { tokens: 1_048_576, fullBytes: 1_048_576 * entry, boundedBytes: 1024 * entry },
    ]);
  });
});

describe('eval perplexity', () => {
  const policies = ['full', 'treekv', 'streaming-llm:official'];
  let args: string[];

  beforeAll(async () => {
    const sample = await readFile(join(import.meta.dirname, '..', 'assets', 'sample.txt'), 'utf8');
    const files = [join(folder, 'a.txt'), join(folder, 'b.txt')];
    await writeFile(files[0], sample.slice(0, 2000));
    await writeFile(files[1], sample.slice(2000, 3000));
    args = ['eval', 'perplexity', '--text', ...files, '--policies', policies.join(',')];
    args.push('--context', '128,400', '--budget', '64', '--chunk', '8');
  });

  it('prints a table, each document, and how it was measured', async () => {
    const { code, stdout, stderr } = await treekv(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const policy of policies) expect(stdout).toContain(`| ${policy} |`);
    expect(stdout).toMatch(/b\.txt/);
    expect(stdout).toContain('protocol: stream');
    expect(stdout).toMatch(/weights are q8.*should be fp32/);
  });

  it('--json and --output give the whole result, its table and its plots', async () => {
    const output = join(folder, 'report');
    const { code, stdout } = await treekv([...args, '--json', '--output', output]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(JSON.parse(await readFile(`${output}.json`, 'utf8'))).toEqual(result);
    expect(result).toMatchObject({ format: 'treekv-result', kind: 'perplexity', complete: true });
    expect(result.protocol.policies.map(({ name }: { name: string }) => name)).toEqual(policies);
    expect(result.summary.policies[1].entriesVisible).toBe(64 + 8);
    expect(result.summary.tooShort).toEqual([{ column: 400, documents: ['b.txt'] }]);
    for (const { sum, tokens } of result.units) expect(sum / tokens).toBeGreaterThan(0);
    expect(await readFile(`${output}.md`, 'utf8')).toContain('| treekv |');
    expect(await readFile(`${output}.svg`, 'utf8')).toContain('Perplexity against context');
    expect(await readFile(`${output}-position.svg`, 'utf8')).toContain('treekv');

    const again = await treekv([...args, '--output', output]);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('--resume');
    const resumed = await treekv([...args, '--output', output, '--resume', '--json']);
    expect(JSON.parse(resumed.stdout)).toEqual(result);
  });

  it('reads windows with --protocol sliding', async () => {
    const own = ['--protocol', 'sliding', '--window', '100,200', '--stride', '50', '--json'];
    const split = ['--budget', '64', '--policies', 'treekv,./test/fixtures/everyKth.mjs'];
    const { code, stdout } = await treekv(['eval', 'perplexity', '--text', args[3], ...own, ...split]);
    expect(code).toBe(0);
    const { protocol, units } = JSON.parse(stdout);
    expect(protocol).toMatchObject({
      protocol: 'sliding',
      columns: [100, 200],
      strideTokens: 50,
      limit: null,
    });
    expect(units).toHaveLength(4);
    for (const { tokens } of units) expect(tokens).toBe(protocol.documents[0].tokens);
  });
});

describe('eval ablation', () => {
  it('prints a table a group and writes a plot a group', async () => {
    const text = join(folder, 'c.txt');
    const sample = await readFile(join(import.meta.dirname, '..', 'assets', 'sample.txt'), 'utf8');
    await writeFile(text, sample.slice(0, 900));
    const output = join(folder, 'ablation');
    const own = [
      '--groups',
      'choice,score',
      '--policies',
      'h2o,./test/fixtures/everyKth.mjs',
      '--budget',
      '32',
    ];
    const { code, stdout } = await treekv(['eval', 'ablation', '--text', text, ...own, '--output', output]);
    expect(code).toBe(0);
    for (const name of ['treekv', 'treekv:keep-left', 'treekv:sum', 'h2o', './test/fixtures/everyKth.mjs']) {
      expect(stdout).toContain(`| ${name} |`);
    }
    for (const group of ['choice', 'choice-difference', 'score', 'score-difference']) {
      expect(await readFile(`${output}-${group}.svg`, 'utf8')).toContain('h2o');
    }
  });
});

/** Runs the program to its end. */
function treekv(args: readonly string[], input?: string): Promise<Ended> {
  const child = startProgram(args);
  child.stdin?.end(input ?? '');
  return collect(child);
}
