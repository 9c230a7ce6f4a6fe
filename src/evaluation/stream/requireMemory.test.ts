// Which streams a cache without a budget may read on a machine of a given size.
import { expect, test } from 'vitest';
import { planPolicies } from '../policySpec.ts';
import { requireMemory } from './requireMemory.ts';

const config = { layers: 8, kvHeads: 2, headDim: 64 };
const GIBIBYTE = 2 ** 30;

test('a full cache may fill half of the memory and no more; the error says what could be read', async () => {
  const policies = await planPolicies(['treekv', 'full'], {});
  expect(() => requireMemory(config, policies, 65_536, GIBIBYTE)).not.toThrow();
  expect(() => requireMemory(config, policies, 65_537, GIBIBYTE)).toThrow(
    /'full' keeps every entry: 65537 tokens take 0\.5 GiB .* of the 1\.0 GiB .* at most 65536 tokens/,
  );
});

test('two full caches need twice as much', async () => {
  const [{ plan }] = await planPolicies(['full'], {});
  const policies = ['full', 'another'].map((name) => ({ name, plan }));
  expect(() => requireMemory(config, policies, 32_769, GIBIBYTE)).toThrow(/at most 32768 tokens/);
});

test('bounded caches read any length on any machine', async () => {
  const policies = await planPolicies(['treekv', 'h2o'], {});
  expect(() => requireMemory(config, policies, 10 ** 9, 1)).not.toThrow();
});
