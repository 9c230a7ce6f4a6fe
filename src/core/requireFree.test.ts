import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireFree } from './requireFree.ts';
import { temporaryFolder } from './temporaryFolder.testing.ts';

test('what is there is named with the way out, a link that leads nowhere too', async () => {
  const folder = await temporaryFolder();
  const [absent, there, link] = ['absent', 'there', 'link'].map((name) => join(folder, name));
  await requireFree([absent], 'Go.');
  await writeFile(there, '');
  await symlink('nowhere', link);
  for (const file of [there, link]) {
    await expect(requireFree([absent, file], 'Name another.')).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: `${file} exists, and would be overwritten. Name another.`,
      details: { file },
    });
  }
});
