import { chmod, open, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type OpenForWriting, removeLeftovers, writeAtomically } from './atomicFile.ts';
import { temporaryFolder } from './temporaryFolder.testing.ts';

/** Beyond what any system gives to a process. */
const gone = 2 ** 30;
const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i);

/** An opener whose file fails in one step. */
function failing(step: 'write' | 'sync' | 'close', code: string): OpenForWriting {
  return async (file) => {
    const handle = await open(file, 'wx');
    const fail = () => Promise.reject(Object.assign(new Error(`${code}: told to`), { code }));
    return {
      write: (...args) => (step === 'write' ? fail() : handle.write(...args)),
      sync: () => (step === 'sync' ? fail() : handle.sync()),
      async close() {
        await handle.close();
        if (step === 'close') await fail();
      },
    };
  };
}

test('a file is made with its folder, and nothing else stays', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b');
  await writeAtomically(join(folder, 'file'), async (sink) => {
    await sink(bytes.subarray(0, 10));
    await sink(bytes.subarray(10));
  });
  expect(await readdir(folder)).toEqual(['file']);
  expect([...(await readFile(join(folder, 'file')))]).toEqual([...bytes]);
});

test.skipIf(process.platform === 'win32')('a file that is replaced keeps who may read it', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, 'old');
  await chmod(file, 0o640);
  await writeAtomically(file, (sink) => sink(bytes));
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  await writeAtomically(file, (sink) => sink(bytes), { mode: 0o600 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test.skipIf(process.platform === 'win32')('a link stays, and what it leads to is written', async () => {
  const folder = await temporaryFolder();
  const [file, link] = [join(folder, 'file'), join(folder, 'link')];
  await writeFile(file, 'old');
  await symlink('file', link);
  await writeAtomically(link, (sink) => sink(bytes));
  expect(await readlink(link)).toBe('file');
  expect((await readFile(file)).length).toBe(bytes.length);
});

test.skipIf(process.platform === 'win32')('a folder or a device is no file, and stays', async () => {
  const folder = await temporaryFolder();
  const device = join(folder, 'device');
  await symlink('/dev/null', device);
  for (const path of [folder, device]) {
    await expect(writeAtomically(path, (sink) => sink(bytes))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('it is no file'),
    });
  }
  expect(await readdir(folder)).toEqual(['device']);
});

test('before the last byte is written the old file is still there', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, 'old');
  await writeAtomically(file, async (sink) => {
    await sink(bytes);
    expect(await readFile(file, 'utf8')).toBe('old');
  });
  expect((await readFile(file)).length).toBe(bytes.length);
});

test.each(['write', 'sync', 'close'] as const)(
  'an error in %s is WRITE_FAILED and leaves the old file',
  async (step) => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, 'old');
    const attempt = writeAtomically(file, (sink) => sink(bytes), { openFile: failing(step, 'EIO') });
    await expect(attempt).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('EIO: told to'),
      cause: { code: 'EIO' },
    });
    expect(await readdir(folder)).toEqual(['file']);
    expect(await readFile(file, 'utf8')).toBe('old');
  },
);

test('a full disk says so and what to do instead', async () => {
  const file = join(await temporaryFolder(), 'file');
  const attempt = writeAtomically(file, (sink) => sink(bytes), {
    elsewhere: 'set A to a folder',
    openFile: failing('write', 'ENOSPC'),
  });
  await expect(attempt).rejects.toThrow(/disk is full: free space, or set A to a folder on another disk/);
});

test('an error of the body passes through and leaves no file', async () => {
  const folder = await temporaryFolder();
  const body = () => Promise.reject(new Error('mine'));
  await expect(writeAtomically(join(folder, 'file'), body)).rejects.toThrow(/^mine$/);
  expect(await readdir(folder)).toEqual([]);
});

test('a write that takes only some of the bytes is continued', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeAtomically(file, (sink) => sink(bytes), {
    openFile: async (path) => {
      const handle = await open(path, 'wx');
      return {
        write: (from, offset, length) => handle.write(from, offset, Math.min(length, 777)),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    },
  });
  expect([...(await readFile(file))]).toEqual([...bytes]);
});

test('what killed writes of a file left is removed, and nothing else', async () => {
  const folder = await temporaryFolder();
  // of a process that is gone, and of an earlier one with this process's number
  const left = [`file.tmp-${gone}-0123456789ab`, `file.tmp-${process.pid}-0123456789ab`];
  const others = ['file', 'file.tmp-mine', `other.tmp-${gone}-0123456789ab`];
  for (const name of [...left, ...others]) await writeFile(join(folder, name), 'x');
  await removeLeftovers(join(folder, 'file'));
  expect((await readdir(folder)).sort()).toEqual(others);
  await removeLeftovers(join(folder, 'nowhere', 'file'));
});

test('what is being written stays, in this process and in another one that runs', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'file');
  const other = `file.tmp-${process.ppid}-0123456789ab`;
  await writeFile(join(folder, other), 'x');
  await writeAtomically(file, async (sink) => {
    await sink(bytes);
    await removeLeftovers(file);
  });
  expect((await readdir(folder)).sort()).toEqual(['file', other]);
  expect((await readFile(file)).length).toBe(bytes.length);
});
