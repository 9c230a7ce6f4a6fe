// A folder that lives as long as the test that asked for it. Only tests import it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder, removed when the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
