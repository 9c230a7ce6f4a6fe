import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from './makeFolder.ts';
import { temporaryFolder } from './temporaryFolder.testing.ts';

test('a folder is made with those above it, also by several at once, and again', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b', 'c');
  await Promise.all([1, 2, 3].map(() => makeFolder(folder)));
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('a file in the way, and a link to nowhere, are errors', async () => {
  const base = await temporaryFolder();
  await writeFile(join(base, 'file'), '');
  await symlink(join(base, 'nowhere', 'at', 'all'), join(base, 'link'));
  await expect(makeFolder(join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(base, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder(join(base, 'link', 'a'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test.skipIf(process.platform !== 'linux')(
  'a folder that takes no children is an error and not a circle',
  async () => {
    for (const folder of ['/proc/treekv', '/proc/treekv/a/b']) {
      await expect(makeFolder(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  },
);
