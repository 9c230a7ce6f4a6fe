// The file of a run's state: it comes back as it was, belongs to one run, and is there whole or as it was before.
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { OpenForWriting } from '../../core/index.ts';
import { temporaryFolder } from '../../core/temporaryFolder.testing.ts';
import type { CacheContent } from '../../generation/index.ts';
import type { RunHead } from '../../report/index.ts';
import { emptyBucket } from './bucketMeter.ts';
import {
  loadState,
  removeState,
  requireNoForeignState,
  type StreamState,
  saveState,
  stateFile,
} from './streamState.ts';

const head: RunHead<{ readonly tokens: number }> = {
  kind: 'stream',
  model: { name: 'm', fingerprint: 'f', dtype: 'fp32', trainedContext: 8 },
  protocol: { tokens: 100 },
};

/** A cache of one layer with one head; entries are views into a larger store, as a batch gives them. */
function contentOf(first: number): CacheContent {
  const store = Float32Array.from({ length: 16 }, (_, i) => first + i / 3);
  return {
    cache: {
      seen: 60,
      layers: [
        {
          order: { capacity: 2, origin: 58, order: Int32Array.of(1, 0), tokens: Int32Array.of(first, 59) },
          policy: { sums: Float64Array.of(0.1 + 0.2, first), turn: Float64Array.of(58) },
        },
      ],
    },
    entries: [{ keys: store.subarray(4, 8), values: store.subarray(8, 12) }],
  };
}

function stateAt(position: number): StreamState {
  const bucket = { ...emptyBucket(2, 1), from: 50, to: position, scored: 9, sums: [0.1 + 0.2, 1 / 3] };
  return { position, bucket, caches: [contentOf(7), contentOf(1_999_999)] };
}

let file: string;
beforeEach(async () => {
  file = stateFile(join(await temporaryFolder(), 'run.json'));
});

test('the file lies beside the result and is safetensors by name', () => {
  expect(basename(file)).toBe('run.state.safetensors');
});

test('a state comes back as it was, to the last bit', async () => {
  await saveState(file, head, stateAt(60));
  expect(await loadState(file, head)).toEqual(stateAt(60));
  expect(await readdir(dirname(file))).toEqual([basename(file)]);
});

test('where none was saved there is none', async () => {
  expect(await loadState(file, head)).toBeUndefined();
});

test('a file of its name that is no state is refused, and a state of any run is not', async () => {
  await requireNoForeignState(file);
  await saveState(file, { ...head, protocol: { tokens: 7 } }, stateAt(60));
  await requireNoForeignState(file);
  await writeFile(file, 'mine');
  await expect(requireNoForeignState(file)).rejects.toMatchObject({ code: 'BAD_OPTION', details: { file } });
});

test('a later state takes the place of the earlier', async () => {
  await saveState(file, head, stateAt(60));
  await saveState(file, head, stateAt(80));
  expect((await loadState(file, head))?.position).toBe(80);
});

test.each([
  ['protocol', { ...head, protocol: { tokens: 101 } }, /another run/],
  ['model', { ...head, model: { ...head.model, fingerprint: 'g' } }, /other weights/],
])('the state of another %s is BAD_SNAPSHOT and named', async (_, other, message) => {
  await saveState(file, head, stateAt(60));
  await expect(loadState(file, other)).rejects.toMatchObject({
    code: 'BAD_SNAPSHOT',
    message: expect.stringMatching(message),
  });
});

test('a truncated or changed file is BAD_FILE with its name and the way out', async () => {
  await saveState(file, head, stateAt(60));
  const whole = await readFile(file);
  const changed = whole.slice();
  changed[changed.length - 1] ^= 1;
  for (const bytes of [whole.subarray(0, 5), whole.subarray(0, whole.length - 1), changed]) {
    await writeFile(file, bytes);
    await expect(loadState(file, head)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining(file),
    });
  }
});

/** Opens files whose writes stop after so many bytes, as on a full disk. */
function fullAfter(room: number): OpenForWriting {
  return async (path) => {
    const handle = await open(path, 'wx');
    let left = room;
    return {
      async write(bytes, offset, length) {
        if (left === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        const { bytesWritten } = await handle.write(bytes, offset, Math.min(length, left));
        left -= bytesWritten;
        return { bytesWritten };
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  };
}

test('a save that fails anywhere is WRITE_FAILED and leaves the state before', async () => {
  await saveState(file, head, stateAt(60));
  const { length } = await readFile(file);
  for (const room of [0, 1, 100, Math.floor(length / 2), length - 1]) {
    await expect(saveState(file, head, stateAt(80), fullAfter(room))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/ENOSPC.*goes on from the state before/),
    });
    expect((await loadState(file, head))?.position).toBe(60);
  }
});

test('a state is removed with what killed saves left of it, and nothing else', async () => {
  await saveState(file, head, stateAt(60));
  const folder = dirname(file);
  await writeFile(`${file}.tmp-1073741824-0123456789ab`, 'half a st');
  await writeFile(join(folder, 'other.state.safetensors.tmp-1073741824-0123456789ab'), 'not ours');
  await removeState(file);
  await removeState(file);
  expect(await readdir(folder)).toEqual(['other.state.safetensors.tmp-1073741824-0123456789ab']);
});
