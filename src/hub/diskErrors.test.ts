import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { orWriteFailed, requireSpace } from './diskErrors.ts';

test('what fits is let through, to the last byte; one more is WRITE_FAILED with both numbers', async () => {
  await requireSpace('/disk', 1000, async () => 1000);
  await expect(requireSpace('/disk', 1001, async () => 1000)).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    message: expect.stringMatching(/1001 more bytes.*1000 free/),
    details: { folder: '/disk', needed: 1001, free: 1000 },
  });
});

test('the free bytes are those of the real disk', async () => {
  const folder = await temporaryFolder();
  await requireSpace(folder, 1);
  await expect(requireSpace(folder, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
});

test.each([
  ['ENOSPC', /disk is full: free space, or set HF_HUB_CACHE/],
  ['EACCES', /told so; set HF_HUB_CACHE/],
])('%s is WRITE_FAILED with a way out', async (code, message) => {
  const attempt = orWriteFailed('/f', () => Promise.reject(Object.assign(new Error('told so'), { code })));
  await expect(attempt).rejects.toMatchObject({ code: 'WRITE_FAILED', details: { file: '/f', code } });
  await expect(attempt).rejects.toThrow(message);
});
