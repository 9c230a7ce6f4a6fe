// A folder for a test file's models and packed weights, so that no test reads or fills the user's cache.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Sets TREEKV_CACHE for the tests of this file; returns where to find the folder while they run. */
export function useTemporaryCache(): { readonly folder: string } {
  const place = { folder: '' };
  const before = process.env.TREEKV_CACHE;
  beforeAll(async () => {
    place.folder = await mkdtemp(join(tmpdir(), 'treekv-integration-'));
    process.env.TREEKV_CACHE = join(place.folder, 'cache');
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.TREEKV_CACHE;
    else process.env.TREEKV_CACHE = before;
    await rm(place.folder, { recursive: true, force: true });
  });
  return place;
}
