import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readThrough } from './readThrough.ts';
import { temporaryFolder } from './temporaryFolder.testing.ts';

async function fileOf(length: number): Promise<string> {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, new Uint8Array(length));
  return file;
}

test('an abort ends the reading between two pieces', async () => {
  const controller = new AbortController();
  let seen = 0;
  const attempt = readThrough(
    await fileOf(3 * 2 ** 20),
    (bytes) => {
      seen += bytes.length;
      controller.abort();
    },
    { signal: controller.signal },
  );
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen).toBe(2 ** 20);
});

test('an error of the looker ends the reading', async () => {
  const attempt = readThrough(await fileOf(10), () => {
    throw new Error('mine');
  });
  await expect(attempt).rejects.toThrow(/^mine$/);
});

test('an absent file is FILE_NOT_FOUND, a folder BAD_FILE', async () => {
  const folder = await temporaryFolder();
  const read = (path: string) => readThrough(path, () => undefined);
  await expect(read(join(folder, 'no'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await expect(read(folder)).rejects.toMatchObject({ code: 'BAD_FILE' });
});
