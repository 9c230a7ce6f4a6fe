// ONNX Runtime on the CPU keeps the contract. What its graph looks like is tested in test/graphStructure.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openPacked, packModel } from '../../model/index.ts';
import { writeTinyModel } from '../../model/tinyModel.testing.ts';
import { engineContract } from '../contract.testing.ts';
import { createOrtEngine } from './ortEngine.ts';

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

engineContract('ONNX Runtime', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-engine-'));
  folders.push(folder);
  const { weights } = await writeTinyModel(folder);
  const file = join(folder, 'packed.safetensors');
  await packModel(folder, 'fp32', file);
  return { engine: await createOrtEngine(await openPacked(file), { threads: 1 }), weights, tolerance: 1e-5 };
});
