// What a grid may be asked: the defaults, and options that would have no effect.
import { expect, test } from 'vitest';
import { planSessions } from '../sessionSpec.ts';
import { type NeedleOptions, planNeedle, planQuery } from './needleRequest.ts';

const chunked = await planSessions(['full', 'treekv'], { budget: 64 });
const full = await planSessions(['full', 'snapkv'], { budget: 64 }, { mode: 'full' });
const filler = { name: 'a.txt', text: 'A text.' };

test('the defaults are the pass key by question, and nothing is compressed at once', () => {
  expect(planNeedle({}, chunked)).toEqual({
    ...{ task: 'passkey', needle: 'number', ask: 'question', score: 'generation', chat: false },
    ...{ lengths: [1024, 2048, 4096, 8192], depths: [0, 0.25, 0.5, 0.75, 1], samples: 10, seed: 0 },
    ...{ filler: null, maxNewTokens: 32, query: null, sessions: chunked },
  });
});

test('a likelihood is asked by repetition, unless there is a chat, and writes nothing', () => {
  expect(planNeedle({ score: 'likelihood' }, chunked)).toMatchObject({ ask: 'repeat', maxNewTokens: null });
  expect(planNeedle({ score: 'likelihood', chat: true }, chunked)).toMatchObject({ ask: 'question' });
});

test('the question takes part in a compression unless told otherwise', () => {
  expect(planQuery(undefined, full)).toBe('aware');
  expect(planQuery('agnostic', full)).toBe('agnostic');
});

test.each<[NeedleOptions, string]>([
  [{ score: 'likelihood', maxNewTokens: 8 }, "'maxNewTokens' has no effect"],
  [{ task: 'key-value', filler }, "'filler' has no effect"],
  [{ chat: true, ask: 'repeat' }, 'a chat template'],
  [{ query: 'agnostic' }, "'query' has no effect"],
  [{ lengths: [] }, "'lengths'"],
  [{ depths: [0.5, 0.5] }, 'none twice'],
  [{ depths: [1.5] }, 'not 1.5'],
  [{ depths: [Number.NaN] }, 'not NaN'],
  [{ lengths: [0] }, 'from 1 to 1048576, not 0'],
  [{ lengths: [2 ** 20 + 1] }, 'from 1 to 1048576, not 1048577'],
  [{ samples: 0 }, 'from 1 to 10000, not 0'],
  [{ samples: 10_001 }, 'not 10001'],
  [{ maxNewTokens: 1025 }, 'from 1 to 1024, not 1025'],
  [{ seed: 0.5 }, "'seed'"],
  [{ task: 'passkeys' as 'passkey' }, 'passkey, key-value'],
  [{ query: 'both' as 'aware' }, 'aware, agnostic'],
])('%j is BAD_OPTION', (options, words) => {
  expect(() => planNeedle(options, chunked)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(words) }),
  );
});

test('without a policy there is nothing to run', () => {
  expect(() => planNeedle({}, [])).toThrow(/no policies/);
});
