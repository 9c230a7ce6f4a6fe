import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { incompleteWeights, quick, startHub } from './hubFixture.testing.ts';
import type { ListedEntry } from './hubServer.testing.ts';
import { pull } from './pull.ts';

const options = { retry: quick };

describe('the disk', () => {
  test.skipIf(process.platform !== 'linux')('that is full is WRITE_FAILED with the way out', async () => {
    const fixture = await startHub();
    await mkdir(dirname(incompleteWeights(fixture)), { recursive: true });
    await symlink('/dev/full', incompleteWeights(fixture));
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({ code: 'WRITE_FAILED', details: { code: 'ENOSPC' } });
    await expect(attempt).rejects.toThrow(/disk is full: free space, or set HF_HUB_CACHE/);
  });

  test('without room for the model is WRITE_FAILED before the first byte', async () => {
    const listing = (entries: ListedEntry[]) =>
      entries.map((entry) => (entry.lfs ? { ...entry, lfs: { ...entry.lfs, size: 2 ** 49 } } : entry));
    const { hub } = await startHub({ listing });
    await expect(pull('org/tiny', options)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/needs \d+ more bytes, and the disk of .* has \d+ free/),
    });
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')(
    'that takes no folders is WRITE_FAILED and no circle',
    async () => {
      await startHub();
      for (const place of ['/proc/hub', '/dev/full', '/dev/null/hub']) {
        vi.stubEnv('HF_HUB_CACHE', place);
        await expect(pull('org/tiny', options)).rejects.toMatchObject({
          code: 'WRITE_FAILED',
          message: expect.stringContaining('set HF_HUB_CACHE to a folder that can be written'),
        });
      }
    },
  );

  test('with a file where the cache should be is WRITE_FAILED', async () => {
    const { cache } = await startHub();
    await writeFile(cache, '');
    await expect(pull('org/tiny', options)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });
});
