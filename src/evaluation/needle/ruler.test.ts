// RULER's files and scores: what is read of a line, what is refused, and the scores by the definition of its metrics.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRulerFile, rulerTasks } from './rulerFile.ts';
import { cleanAnswer, rulerScore } from './rulerScore.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-ruler-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, ...lines: readonly unknown[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(
    file,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return file;
}

const sample = {
  index: 0,
  input: 'A text.\nIts end.\nWhat is it? It is',
  outputs: ['one', 'two'],
  length: 9,
};

describe('files', () => {
  it('the question stands behind the last line break, and a prefix begins the answer', async () => {
    const file = await fileOf(
      'vt.4096.jsonl',
      sample,
      { ...sample, index: 1, answer_prefix: ' Answer:' },
      '',
    );
    const { name, task, rules, samples } = await readRulerFile(file);
    expect({ name, task, rules }).toEqual({
      ...{ name: 'vt.4096.jsonl', task: 'vt' },
      rules: { maxNewTokens: 30, metric: 'all' },
    });
    expect(samples[0]).toEqual({
      ...{ index: 0, context: 'A text.\nIts end.\n', question: 'What is it? It is', lead: '' },
      references: ['one', 'two'],
    });
    expect(samples[1].lead).toBe(' Answer:');
  });

  it('the task may be named, and fewer samples taken', async () => {
    const file = await fileOf('validation.jsonl', sample, { ...sample, index: 1 });
    const { task, samples } = await readRulerFile(file, { task: 'qa_1', limit: 1 });
    expect(task).toBe('qa_1');
    expect(samples).toHaveLength(1);
  });

  it('thirteen tasks have the lengths and metrics of RULER', () => {
    expect(rulerTasks.size).toBe(13);
    const written = [...rulerTasks].map(
      ([task, { maxNewTokens, metric }]) => `${task} ${maxNewTokens} ${metric}`,
    );
    for (const words of ['niah_multikey_3 128 all', 'cwe 120 all', 'fwe 50 all', 'qa_2 32 part']) {
      expect(written).toContain(words);
    }
  });

  it.each<[string, readonly unknown[], string, string]>([
    ['vt.jsonl', ['{'], 'BAD_FILE', 'vt.jsonl, line 1 is not JSON'],
    ['vt.jsonl', ['null'], 'BAD_FILE', 'needs index'],
    ['vt.jsonl', [sample, { ...sample, outputs: [] }], 'BAD_FILE', 'line 2 is no sample'],
    ['vt.jsonl', [{ ...sample, input: 'one line' }], 'BAD_FILE', 'question cannot be told'],
    ['vt.jsonl', [{ ...sample, input: 'ends\n' }], 'BAD_FILE', 'question cannot be told'],
    ['vt.jsonl', [sample, sample], 'BAD_FILE', 'two samples of index 0'],
    ['vt.jsonl', [''], 'BAD_FILE', 'has no samples'],
    ['niah_single.jsonl', [sample], 'BAD_OPTION', "Did you mean 'niah_single_1'"],
    ['mine.jsonl', [sample], 'BAD_OPTION', 'does not begin with a task'],
  ])('%s with %j is %s', async (name, lines, code, words) => {
    const file = await fileOf(name, ...lines);
    await expect(readRulerFile(file)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it('a file that is absent is named, and where such files come from', async () => {
    await expect(readRulerFile(join(folder, 'fwe.jsonl'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringMatching(/fwe\.jsonl does not exist.*NVIDIA\/RULER/),
    });
  });

  it('a file that is not UTF-8, or a folder, is BAD_FILE', async () => {
    const latin1 = Buffer.from(JSON.stringify({ ...sample, outputs: ['caf\u00e9'] }), 'latin1');
    const file = join(folder, 'vt.latin1.jsonl');
    await writeFile(file, latin1);
    await expect(readRulerFile(file)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(/vt\.latin1\.jsonl is not UTF-8: byte \d+ is wrong/),
    });
    await mkdir(join(folder, 'vt.folder'));
    await expect(readRulerFile(join(folder, 'vt.folder'))).rejects.toMatchObject({ code: 'BAD_FILE' });
  });

  it('a number of samples below 1 is BAD_OPTION', async () => {
    const file = await fileOf('vt.jsonl', sample);
    await expect(readRulerFile(file, { limit: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});

describe('scores', () => {
  it.each<[string, readonly string[], 'all' | 'part', number]>([
    ['It is ABC and def', ['abc', 'DEF'], 'all', 1],
    ['It is abc', ['abc', 'def'], 'all', 0.5],
    ['It is abc', ['abc', 'def'], 'part', 1],
    ['nothing', ['abc', 'def'], 'part', 0],
    ['', ['abc'], 'all', 0],
    ['12\n34', ['1234'], 'all', 0],
  ])('%j against %j by %s is %d', (answer, references, metric, score) => {
    expect(rulerScore(answer, references, metric)).toBe(score);
  });

  it('control characters become line breaks, and the ends are stripped', () => {
    expect(cleanAnswer(' \u000012\u0001\t34\u007f\u001f ')).toBe('12\n\n34\u007f');
  });
});
