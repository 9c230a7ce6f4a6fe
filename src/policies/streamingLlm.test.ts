import { expect, test } from 'vitest';
import { keptAfter } from './simulate.testing.ts';
import { streamingLlm } from './streamingLlm.ts';

test('the sinks and the last entries stay', () => {
  const scenario = { definition: streamingLlm, options: { budget: 7, sinks: 2, recent: 3 } };
  expect(keptAfter(scenario, 50)).toEqual([0, 1, 45, 46, 47, 48, 49]);
});

test('both variants keep the same; the official one calls all but the sinks recent', () => {
  const official = { variant: 'official', budget: 10 } as const;
  expect(keptAfter({ definition: streamingLlm, options: official }, 50)).toEqual(
    keptAfter({ definition: streamingLlm, options: { budget: 10 } }, 50),
  );
  expect(streamingLlm.plan(official)).toMatchObject({ sinks: 4, recent: 6, selected: 0 });
});
