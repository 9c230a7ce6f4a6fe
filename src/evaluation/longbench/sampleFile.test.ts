// Files of samples: what is read, and what is said of damage.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../core/temporaryFolder.testing.ts';
import { readSampleFile } from './sampleFile.ts';

const good = { input: 'q', context: 'c', answers: ['a'], length: 7, all_classes: null, _id: 'x' };

async function fileOf(...lines: readonly string[]): Promise<string> {
  const file = join(await temporaryFolder(), 'qasper.jsonl');
  await writeFile(file, lines.join('\n'));
  return file;
}

test('a line is a sample; empty lines do not count, and separators inside a text do not cut it', async () => {
  const odd = { ...good, context: 'one\u2028two\u0085three', _id: undefined, answers: ['a', 'b'] };
  const { samples } = await readSampleFile(
    await fileOf(JSON.stringify(good), '', `${JSON.stringify(odd)}\r`, ''),
  );
  expect(samples).toEqual([
    { index: 0, id: 'x', input: 'q', context: 'c', answers: ['a'], classes: null, length: 7 },
    expect.objectContaining({ index: 1, context: 'one\u2028two\u0085three', answers: ['a', 'b'] }),
  ]);
});

test.each([
  ['{"input": ', /qasper.jsonl:2 is no sample of LongBench: the line is not a JSON object/],
  [JSON.stringify({ ...good, context: undefined }), /:2 .*input and context/],
  [JSON.stringify({ ...good, answers: [] }), /:2 .*answers/],
  [JSON.stringify({ ...good, answers: [3] }), /:2 .*answers/],
  [JSON.stringify({ ...good, length: '7' }), /:2 .*length/],
  [JSON.stringify({ ...good, all_classes: 'none' }), /:2 .*all_classes/],
])('%j is BAD_FILE', async (line, message) => {
  await expect(readSampleFile(await fileOf(JSON.stringify(good), line))).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(message),
  });
});

test('a file without a sample is EMPTY_INPUT', async () => {
  await expect(readSampleFile(await fileOf('', ''))).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
});

test('a file that is not UTF-8 is BAD_FILE with the place', async () => {
  const file = await fileOf();
  const latin1 = Buffer.from(JSON.stringify({ ...good, context: 'caf\u00e9' }), 'latin1');
  await writeFile(file, latin1);
  await expect(readSampleFile(file)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/qasper\.jsonl is not UTF-8: byte \d+ is wrong/),
  });
});

test('a file that is absent or cannot be read is named with the reason', async () => {
  const folder = await temporaryFolder();
  await expect(readSampleFile(folder)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: `${folder} is a folder; name the files in it.`,
  });
  await expect(readSampleFile(join(folder, 'lcc.jsonl'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
