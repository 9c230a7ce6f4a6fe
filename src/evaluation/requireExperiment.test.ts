// The door of every experiment: what is no model, request or option, and a signal that has fired already.
import { describe, expect, test } from 'vitest';
import type { LocalModel } from '../generation/index.ts';
import {
  evaluateAblation,
  evaluateLongBench,
  evaluateNeedle,
  evaluatePerplexity,
  evaluatePrefill,
  evaluateRetention,
  evaluateRuler,
  evaluateStream,
  evaluateWavelet,
  planPolicies,
  planSessions,
  planSessionsAt,
} from './index.ts';

type Experiment = (model: unknown, request: unknown, options?: unknown) => Promise<unknown>;

/** A request that passes the door; `apart`: whether signal and output come in a third argument. */
const experiments: readonly { name: string; run: Experiment; request: object; apart: boolean }[] = [
  { name: 'ablation', run: evaluateAblation as Experiment, request: { documents: [] }, apart: false },
  { name: 'longbench', run: evaluateLongBench as Experiment, request: { sessions: [] }, apart: true },
  { name: 'needle', run: evaluateNeedle as Experiment, request: { lengths: [], sessions: [] }, apart: true },
  { name: 'ruler', run: evaluateRuler as Experiment, request: { files: [], sessions: [] }, apart: true },
  {
    name: 'perplexity',
    run: evaluatePerplexity as Experiment,
    request: { documents: [], policies: [] },
    apart: false,
  },
  {
    name: 'prefill',
    run: evaluatePrefill as Experiment,
    request: { documents: [], cases: [] },
    apart: false,
  },
  { name: 'retention', run: evaluateRetention as Experiment, request: { policies: [] }, apart: true },
  {
    name: 'stream',
    run: evaluateStream as Experiment,
    request: { documents: [], policies: [] },
    apart: true,
  },
  { name: 'wavelet', run: evaluateWavelet as Experiment, request: { documents: [] }, apart: false },
];
const strays: readonly unknown[] = [
  null,
  undefined,
  5,
  'x',
  true,
  [],
  () => 1,
  Symbol('s'),
  new Date(0),
  10n,
];
// nothing behind the door is reached, so that it needs no more than to look like one
const model = { engine: {}, tokenizer: {} } as unknown as LocalModel;

describe.each(experiments)('evaluate $name', ({ run, request, apart }) => {
  const bad = { code: 'BAD_OPTION' };

  test('refuses what is no local model, and a request or options that are none', async () => {
    for (const stray of strays) {
      await expect(run(stray, request)).rejects.toMatchObject(bad);
      await expect(run(model, stray)).rejects.toMatchObject(bad);
      if (apart && stray !== undefined) await expect(run(model, request, stray)).rejects.toMatchObject(bad);
    }
  });

  test('refuses a request that lacks a list, or has something else in its place', async () => {
    for (const field of Object.keys(request)) {
      for (const stray of [null, undefined, 5, 'x', {}]) {
        await expect(run(model, { ...request, [field]: stray })).rejects.toMatchObject({
          ...bad,
          message: expect.stringContaining(field),
        });
      }
    }
  });

  test.each(['signal', 'onProgress', 'output', 'resume'])('refuses a %s of another kind', async (field) => {
    const own = { [field]: 5 };
    const refused = apart ? run(model, request, own) : run(model, { ...request, ...own });
    await expect(refused).rejects.toMatchObject({ ...bad, details: { option: field } });
  });

  test('begins nothing for a signal that was aborted before', async () => {
    const own = { signal: AbortSignal.abort() };
    const ended = apart ? run(model, request, own) : run(model, { ...request, ...own });
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

test('plans of policies and sessions refuse what names none', async () => {
  const bad = { code: 'BAD_OPTION' };
  for (const stray of [null, undefined, 5, 'full', {}, [5], [null]]) {
    const specs = stray as string[];
    await expect(planPolicies(specs, {})).rejects.toMatchObject(bad);
    await expect(planSessions(specs, {})).rejects.toMatchObject(bad);
    await expect(planSessionsAt([64], specs, {})).rejects.toMatchObject(bad);
  }
  for (const stray of [null, 5, 'x', []]) {
    await expect(planPolicies(['full'], stray as object)).rejects.toMatchObject(bad);
    await expect(planSessions(['full'], {}, stray as object)).rejects.toMatchObject(bad);
  }
});
