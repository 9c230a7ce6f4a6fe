// The folder of LongBench's data: which files are taken, and what is said of those that are missing or foreign.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../core/temporaryFolder.testing.ts';
import { readLongBench } from './longBenchData.ts';
import { madeLengths, madeTemplates, writeLongBenchFolder } from './longBenchFolder.testing.ts';
import { tasks } from './tasks.ts';

const own = { anyTemplates: true };
const made = async (options = {}) => writeLongBenchFolder(await temporaryFolder(), options);

test('all tasks are read, with templates and lengths from the data', async () => {
  const { tasks, extended } = await readLongBench(await made(), own);
  expect(extended).toBe(false);
  expect(tasks).toHaveLength(16);
  for (const { task, template, maxNewTokens, samples, file, part, ownTemplate } of tasks) {
    expect({ template, maxNewTokens }).toEqual({
      template: madeTemplates[task.name],
      maxNewTokens: madeLengths[task.name],
    });
    expect(samples).toHaveLength(2);
    expect({ file, part, ownTemplate }).toEqual({
      file: `${task.name}.jsonl`,
      part: false,
      ownTemplate: false,
    });
  }
});

test('the config files may lie in a folder config', async () => {
  expect((await readLongBench(await made({ config: 'config' }), own)).tasks).toHaveLength(16);
});

test('LongBench-E has files of its own, and 13 tasks', async () => {
  const folder = await made({ extended: true });
  const { tasks } = await readLongBench(folder, { ...own, extended: true });
  expect(tasks.map(({ file }) => file)).toContain('lcc_e.jsonl');
  expect(tasks).toHaveLength(13);
  await expect(readLongBench(folder, { ...own, extended: true, tasks: ['qmsum'] })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('no task qmsum'),
  });
});

test('a part of the data is taken where the whole is missing, and named as a part', async () => {
  const folder = await made();
  await rename(join(folder, 'trec.jsonl'), join(folder, 'trec.20.jsonl'));
  const { tasks } = await readLongBench(folder, { ...own, tasks: ['trec', 'lcc'] });
  expect(tasks.map(({ file, part }) => [file, part])).toEqual([
    ['trec.20.jsonl', true],
    ['lcc.jsonl', false],
  ]);
  await rename(join(folder, 'lcc.jsonl'), join(folder, 'trec.30.jsonl'));
  await expect(readLongBench(folder, { ...own, tasks: ['trec'] })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('trec.20.jsonl or trec.30.jsonl'),
  });
});

test('a limit takes the first samples and knows how many there are', async () => {
  const { tasks } = await readLongBench(await made({ samples: 3 }), { ...own, limit: 2 });
  for (const { samples, samplesInFile } of tasks) {
    expect(samples.map(({ index }) => index)).toEqual([0, 1]);
    expect(samplesInFile).toBe(3);
  }
  await expect(readLongBench('x', { limit: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('every missing file is named, and where it is had', async () => {
  const folder = await made();
  await rm(join(folder, 'qasper.jsonl'));
  await rm(join(folder, 'lcc.jsonl'));
  await expect(readLongBench(folder, own)).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/lacks qasper\.jsonl, lcc\.jsonl\..*data\.zip of LongBench.*--tasks/),
    details: { missing: ['qasper.jsonl', 'lcc.jsonl'] },
  });
  await rm(join(folder, 'dataset2maxlen.json'));
  await expect(readLongBench(folder, { ...own, tasks: ['trec'] })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/dataset2maxlen\.json.*LongBench\/config/),
  });
  await expect(readLongBench(join(folder, 'none'), own)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

test("templates that are not LongBench's are refused unless asked for", async () => {
  const folder = await made();
  const lengths = Object.fromEntries(tasks.map(({ name, maxNewTokens }) => [name, maxNewTokens]));
  await writeFile(join(folder, 'dataset2maxlen.json'), JSON.stringify(lengths));
  await expect(readLongBench(folder)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/template of narrativeqa.*not aada7ed24b06.*--any-templates/),
  });
});

test("lengths of answers that are not LongBench's are refused unless asked for", async () => {
  await expect(readLongBench(await made(), { tasks: ['gov_report'] })).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(
      /answers of gov_report 5 tokens, LongBench's own file 512.*--any-templates/,
    ),
  });
});

test('config files and classes that are damaged are BAD_FILE', async () => {
  const folder = await made();
  await writeFile(join(folder, 'dataset2maxlen.json'), JSON.stringify({ ...madeLengths, lcc: 0 }));
  await expect(readLongBench(folder, own)).rejects.toMatchObject({ code: 'BAD_FILE' });
  await writeFile(join(folder, 'dataset2prompt.json'), '{');
  await expect(readLongBench(folder, own)).rejects.toMatchObject({ code: 'BAD_FILE' });
  const other = await made();
  await rename(join(other, 'lcc.jsonl'), join(other, 'trec.jsonl'));
  await expect(readLongBench(other, { ...own, tasks: ['trec'] })).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('all_classes'),
  });
});

test('a config file that is not UTF-8, or a folder, is BAD_FILE', async () => {
  const folder = await made();
  const file = join(folder, 'dataset2prompt.json');
  const changed = { ...madeTemplates, lcc: 'Lis \u00e7a: {context} {input}' };
  await writeFile(file, Buffer.from(JSON.stringify(changed), 'latin1'));
  await expect(readLongBench(folder, own)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('dataset2prompt.json is not UTF-8'),
  });
  await rm(file);
  await mkdir(file);
  await expect(readLongBench(folder, own)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('dataset2prompt.json is a folder'),
  });
});

const shared = join(import.meta.dirname, '../../../../shared/data/longbench');
const absent = !existsSync(shared);

test.skipIf(absent)(
  `LongBench's own files are taken${absent ? ' (skipped: ../shared is absent)' : ''}`,
  async () => {
    const { tasks } = await readLongBench(shared, { tasks: ['narrativeqa', 'multi_news'] });
    expect(tasks.map(({ ownTemplate, part, maxNewTokens }) => [ownTemplate, part, maxNewTokens])).toEqual([
      [true, true, 128],
      [true, true, 512],
    ]);
    expect(tasks.map(({ samples }) => samples.length)).toEqual([20, 20]);
  },
);
