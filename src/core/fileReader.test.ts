import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openForReading, readExactly } from './fileReader.ts';

async function openFile(contents: string) {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-test-'));
  const file = join(folder, 'x');
  await writeFile(file, contents);
  const handle = await openForReading(file);
  onTestFinished(async () => {
    await handle.close();
    await rm(folder, { recursive: true });
  });
  return { folder, file, handle };
}

test('reads the bytes that are asked for', async () => {
  const { file, handle } = await openFile('0123456789');
  expect(Buffer.from(await readExactly(handle, 3, 4, file)).toString()).toBe('3456');
  expect(await readExactly(handle, 10, 0, file)).toEqual(new Uint8Array(0));
});

test('a file that ends too early says where', async () => {
  const { file, handle } = await openFile('0123456789');
  await truncate(file, 6);
  await expect(readExactly(handle, 3, 4, file)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: `${file} ended at byte 6 while 7 were expected; did another program change it?`,
    details: { file, expected: 7, actual: 6 },
  });
});

test('an absent file is FILE_NOT_FOUND, below a folder or below a file', async () => {
  const { folder, file } = await openFile('');
  for (const path of [join(folder, 'y'), join(file, 'y')]) {
    await expect(openForReading(path)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      details: { file: path },
    });
  }
});

test('a folder cannot be read, and says so', async () => {
  const { folder } = await openFile('');
  const handle = await openForReading(folder);
  await expect(readExactly(handle, 0, 1, folder)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining(`${folder} cannot be read at byte 0`),
  });
  await handle.close();
});
