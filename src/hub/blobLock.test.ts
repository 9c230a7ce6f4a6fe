import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { withBlobLock } from './blobLock.ts';
import { sizeOf } from './cacheLayout.ts';

async function lockFile(): Promise<string> {
  return join(await temporaryFolder(), '.locks', 'models--org--name', 'h.treekv.lock');
}

/** Writes a lock as its owner would have. */
async function held(file: string, owner: object, ageMs = 0): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(owner));
  const touched = new Date(Date.now() - ageMs);
  await utimes(file, touched, touched);
}

test('two pieces of work take turns, and the lock is gone afterwards', async () => {
  const file = await lockFile();
  const events: string[] = [];
  const work = (name: string) =>
    withBlobLock(file, {}, async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      events.push(`${name} ends`);
    });
  await Promise.all([work('a'), work('b')]);
  const [first, second] = events[0].startsWith('a') ? ['a', 'b'] : ['b', 'a'];
  expect(events).toEqual([`${first} begins`, `${first} ends`, `${second} begins`, `${second} ends`]);
  expect(await sizeOf(file)).toBeUndefined();
});

test('it names its owner', async () => {
  const file = await lockFile();
  await withBlobLock(file, {}, async () => {
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  });
});

test('an error of the work passes through and frees the lock', async () => {
  const file = await lockFile();
  await expect(withBlobLock(file, {}, () => Promise.reject(new Error('mine')))).rejects.toThrow(/^mine$/);
  expect(await sizeOf(file)).toBeUndefined();
});

test('the lock of a process that is gone is taken over at once', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  const file = await lockFile();
  await held(file, { pid: child.pid, host: hostname(), token: 't' });
  expect(await withBlobLock(file, { onWait: () => expect.fail('it waited') }, async () => 'done')).toBe(
    'done',
  );
});

test.each([
  ['of another host', { pid: 1, host: 'elsewhere', token: 't' }],
  ['of a process that lives', { pid: process.pid, host: hostname(), token: 't' }],
  ['that names nobody', {}],
])('a lock %s is taken over when it was not touched for long, and not before', async (_, owner) => {
  const file = await lockFile();
  await held(file, owner, 10_000);
  const controller = new AbortController();
  let waited = 0;
  const onWait = (): void => {
    waited++;
    controller.abort();
  };
  const attempt = withBlobLock(file, { signal: controller.signal, onWait }, async () => 'done');
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  expect(waited).toBe(1);
  await held(file, owner, 40_000);
  expect(await withBlobLock(file, {}, async () => 'done')).toBe('done');
});

test('a lock that was taken over is not freed by its former owner', async () => {
  const file = await lockFile();
  await withBlobLock(file, {}, () => held(file, { pid: process.pid, host: hostname(), token: 'another' }));
  expect(JSON.parse(await readFile(file, 'utf8')).token).toBe('another');
});
