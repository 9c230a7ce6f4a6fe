import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  type HubFixture,
  incompleteWeights,
  quick,
  ranges,
  startHub,
  weights,
  weightsAreWhole,
  weightsFile,
} from './hubFixture.testing.ts';
import { refuse } from './hubServer.testing.ts';
import { pull } from './pull.ts';

const options = { retry: quick };
const size = weights.length;

async function putBeginning(fixture: HubFixture, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(incompleteWeights(fixture)), { recursive: true });
  await writeFile(incompleteWeights(fixture), bytes);
}

describe('a connection that', () => {
  test('is cut again and again is taken up where it ended, as long as bytes come', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { cutAfter: 50_000 };
    await pull('org/tiny', options);
    expect(await weightsAreWhole(fixture)).toBe(true);
    expect(ranges(fixture)).toEqual([undefined, ...[1, 2, 3, 4, 5].map((part) => `bytes=${part * 50_000}-`)]);
    expect(fixture.hub.sentFor(weightsFile)).toBe(size);
  });

  test('is always cut at once is given up after the attempts', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { cutAfter: 0 };
    await expect(pull('org/tiny', options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      details: { attempts: 3 },
    });
  });

  test('is cut by a server without ranges is given up, however many bytes it sends', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { cutAfter: 200_000, ignoreRange: true };
    await expect(pull('org/tiny', options)).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(ranges(fixture)).toHaveLength(3);
  });

  test('stands still is cut and taken up', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { stallAfter: 100_000 };
    const attempt = pull('org/tiny', { retry: { ...quick, stallMs: 1000 } });
    await vi.waitFor(() => expect(fixture.hub.sentFor(weightsFile)).toBe(100_000), 5000);
    fixture.hub.serving = {};
    await attempt;
    expect(ranges(fixture)).toEqual([undefined, 'bytes=100000-']);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test('answers nothing at all counts as cut', async () => {
    const { hub } = await startHub();
    hub.fault = () => true;
    await expect(pull('org/tiny', { retry: { ...quick, stallMs: 300 } })).rejects.toThrow(
      /sent nothing for 0\.3 s/,
    );
    expect(hub.requests).toHaveLength(quick.attempts);
  });
});

describe('what is there of a file', () => {
  test('is not asked for again', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, weights.subarray(0, 123_456));
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual(['bytes=123456-']);
    expect(fixture.hub.sentFor(weightsFile)).toBe(size - 123_456);
    expect(await weightsAreWhole(fixture)).toBe(true);
    await expect(access(incompleteWeights(fixture))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is of no use with a server that ignores ranges', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { ignoreRange: true };
    await putBeginning(fixture, weights.subarray(0, 123_456));
    await pull('org/tiny', options);
    expect(fixture.hub.sentFor(weightsFile)).toBe(size);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test('is thrown away if it turns out to be of another file', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, new Uint8Array(1000).fill(7));
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual(['bytes=1000-', undefined]);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test('is thrown away if it is longer than the file', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, new Uint8Array(size + 1));
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual([undefined]);
  });

  test('is all of it if only the rename was missing', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, weights);
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual([]);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test('is asked for anew if the server says that there is no such range', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, weights.subarray(0, 1000));
    fixture.hub.fault = (_, response, { at, range }) => {
      if (at !== 'cdn' || range === undefined) return false;
      refuse(response, 416);
      return true;
    };
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual(['bytes=1000-', undefined]);
  });

  test('is asked for anew if the server sends another range than was asked for', async () => {
    const fixture = await startHub();
    await putBeginning(fixture, weights.subarray(0, 1000));
    fixture.hub.fault = (_, response, { at, range }) => {
      if (at !== 'cdn' || range === undefined) return false;
      response.writeHead(206, { 'content-range': `bytes 900-${size - 1}/${size}` });
      response.end(Buffer.from(weights).subarray(900));
      return true;
    };
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual(['bytes=1000-', undefined]);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });
});

describe('wrong bytes', () => {
  const flipped = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy[0] ^= 1;
    return copy;
  };

  test('are noticed by the hash, thrown away and reported, in a large file and in a small one', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { change: flipped };
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      details: { file: 'config.json' },
    });
    await expect(attempt).rejects.toThrow(
      /other bytes than the hub's listing promises \(22 bytes, git [0-9a-f]{40}\)/,
    );
    fixture.hub.serving = {};
    fixture.hub.fault = (_, response, { at }) => {
      if (at !== 'cdn') return false;
      response.end(flipped(Buffer.from(weights)));
      return true;
    };
    await expect(pull('org/tiny', options)).rejects.toThrow(/sha256 [0-9a-f]{64}/);
    expect(await readdir(join(fixture.repository, 'blobs'))).not.toContain(fixture.hub.hashOf(weightsFile));
    await expect(access(incompleteWeights(fixture))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(fixture.repository)).not.toContain('refs');
  });

  test.each([
    ['fewer', (bytes: Buffer) => bytes.subarray(1)],
    ['more', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)])],
  ])('in number, %s, are refused before they are read', async (_, change) => {
    const fixture = await startHub();
    fixture.hub.serving = { change };
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    await expect(attempt).rejects.toThrow(/as config\.json of org\/tiny, which the hub lists with 22;/);
  });

  test('in number are refused without a length beforehand too', async () => {
    const { hub } = await startHub();
    hub.fault = (_, response, { at }) => {
      if (at !== 'cdn') return false;
      response.write(Buffer.alloc(size));
      response.end(Buffer.alloc(1));
      return true;
    };
    await expect(pull('org/tiny', options)).rejects.toThrow(/which the hub lists with 300000/);
  });
});

test('two pulls in one process fetch each file once', async () => {
  const fixture = await startHub();
  fixture.hub.serving = { pauseMs: 5 };
  const warnings: string[] = [];
  const own = {
    ...options,
    progress_callback: (told: { status: string; message?: string }) => {
      if (told.status === 'warning') warnings.push(told.message ?? '');
    },
  };
  const [a, b] = await Promise.all([pull('org/tiny', own), pull('org/tiny', own)]);
  expect(a.files).toEqual(b.files);
  expect(a.fetchedBytes + b.fetchedBytes).toBe(a.bytes);
  expect(fixture.hub.sentFor(weightsFile)).toBe(size);
  expect(warnings.join()).toMatch(/is being downloaded by process \d+; waiting for it/);
  expect(await weightsAreWhole(fixture)).toBe(true);
});
