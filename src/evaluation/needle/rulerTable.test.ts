// RULER's table: scores as its scorer rounds them, and under what they were measured.
import { expect, test } from 'vitest';
import { recordSessions } from '../sessionRecord.ts';
import { planSessions } from '../sessionSpec.ts';
import type { RulerResult } from './evaluateRuler.ts';
import { rulerTable } from './rulerTable.ts';

const sessions = await planSessions(['h2o', 'snapkv'], { budget: 256 }, { mode: 'full' });
const policies = await recordSessions(sessions);

const result = {
  model: { name: 'tiny', dtype: 'fp32', trainedContext: 4096 },
  protocol: {
    files: [{ name: 'vt.4096.jsonl', task: 'vt', samples: 8, rules: { maxNewTokens: 30, metric: 'all' } }],
    ...{ policies, chat: null, bos: 'one in front', seam: 'none', dtype: 'weights fp32' },
    ...{ queryInWords: 'inside', question: 'what stands last', scored: 'greedy', intervals: 'as told' },
  },
  units: [{ task: 'vt', tokens: 1000 }],
  summary: {
    means: [
      { policy: 'h2o', task: 'vt', mean: 0.00125, low: 0.00125, high: 0.5, n: 8 },
      { policy: 'snapkv', task: 'vt', mean: 0.5, low: null, high: null, n: 8 },
    ],
    pairs: [{ first: 'h2o', second: 'snapkv', difference: { mean: -0.49875, low: -0.6, high: 0.1, n: 8 } }],
  },
  seconds: 2,
} as unknown as RulerResult;

test('scores are rounded as Python rounds, and have no interval where there is none', () => {
  const lines = rulerTable(result).split('\n');
  expect(lines).toContain('| policy | budget | vt, n = 8 |');
  expect(lines).toContain('| h2o | 256 | 0.12 [0.12, 50.00] |');
  expect(lines).toContain('| snapkv | 256 | 50.00 |');
  expect(lines).toContain('| h2o | snapkv | 8 | -49.88 [-60.00, 10.00] |');
});

test('below the table stands under what it was measured; of fp32 there is no more to say', () => {
  const [, measured] = rulerTable(result).split('\n\nHow it was measured\n\n');
  expect(measured).toContain('- files: vt.4096.jsonl\n');
  expect(measured).toContain('tokens written at most: vt 30');
  expect(measured).toMatch(
    /^- snapkv: keeps 256 = .*; 1,029 entries visible at most; .*compressed at once by snapkv: keeps the window of 32/m,
  );
  expect(measured).toMatch(/\n- time: 2\.0 s$/);
});
