// What a policy answers does not depend on the policies beside it, to the last bit, with quantised weights too: there a
// prompt that is cut elsewhere, or read beside other rows, gives other logits. On the embedded model, which is q8.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../src/core/index.ts';
import {
  evaluateLongBench,
  evaluateNeedle,
  type NamedSession,
  planNeedle,
  planSessions,
  readLongBench,
} from '../src/evaluation/index.ts';
import { writeLongBenchFolder } from '../src/evaluation/longbench/longBenchFolder.testing.ts';
import { fillTemplate } from '../src/evaluation/longbench/prompt.ts';
import { readUnder } from '../src/evaluation/readUnder.ts';
import { type LocalModel, LocalSession, loadLocalModel, planGeneration } from '../src/generation/index.ts';
import type { PrefillMode } from '../src/prefill/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';

const place = useTemporaryCache();
const text =
  'The keeper climbed the stairs, counting them. It was late! Had anybody seen him? He went on. '.repeat(5);
let model: LocalModel;

beforeAll(async () => {
  model = await loadLocalModel(join(packageRoot(), 'models', 'books-27m-4k'), { threads: 1 });
});

afterAll(() => model.engine.dispose());

const plan = (mode: PrefillMode, policies: readonly string[]): Promise<NamedSession[]> =>
  planSessions(policies, { budget: 40, sinks: 2, recent: 12 }, { mode, chunk: 8 });
const treekv = <Unit extends { readonly policy: string }>(units: readonly Unit[]): Unit[] =>
  units.filter(({ policy }) => policy === 'treekv');

async function readings(sessions: readonly NamedSession[]): Promise<Map<string, readonly number[]>> {
  const ids = { context: model.tokenizer.withBos(model.tokenizer.encode(text)), question: new Int32Array(0) };
  const logits = new Map<string, readonly number[]>();
  await readUnder(model.engine, ids, { sessions, query: 'aware' }, async (read) => {
    logits.set(read.session.name, [...read.logits]);
  });
  return logits;
}

describe.each<[PrefillMode, readonly string[]]>([
  ['full', ['full', 'snapkv', 'treekv', 'h2o', 'streaming-llm', 'tova', 'pyramidkv']],
  ['chunked', ['full', 'treekv', 'h2o', 'streaming-llm', 'tova']],
])('in prefill mode %s, q8', (mode, policies) => {
  it('the logits after a prompt are those of each policy alone', async () => {
    expect(model.weights.dtype).toBe('q8');
    const together = await readings(await plan(mode, policies));
    for (const policy of policies) {
      const alone = await readings(await plan(mode, [policy]));
      expect(together.get(policy), policy).toEqual(alone.get(policy));
    }
  });

  it("an answer of LongBench's is the one that a session of its own writes, in whatever company", async () => {
    const folder = await writeLongBenchFolder(join(place.folder, mode));
    const data = await readLongBench(folder, { anyTemplates: true, tasks: ['qasper', 'lcc'] });
    const run = async (names: readonly string[]) =>
      (await evaluateLongBench(model, { data, sessions: await plan(mode, names) })).units;
    const together = await run(policies);
    expect(treekv(together)).toEqual(await run(['treekv']));
    const [task] = data.tasks;
    const [session] = await plan(mode, ['treekv']);
    const own = await LocalSession.create(model, session.plan);
    const prompt = { text: fillTemplate(task.template, task.samples[0]), rendered: false };
    let written = '';
    const generation = planGeneration({ max_new_tokens: task.maxNewTokens });
    await own.generate(generation, prompt, new AbortController().signal, (piece) => {
      written += piece;
    });
    own.dispose();
    expect(treekv(together)[0].prediction).toBe(written);
  });

  it('the likelihood of a needle is that of the policy alone', async () => {
    const run = async (names: readonly string[]) => {
      const asked = {
        lengths: [200],
        depths: [0.5],
        samples: 2,
        score: 'likelihood',
        needle: 'name',
      } as const;
      return (await evaluateNeedle(model, planNeedle(asked, await plan(mode, names)))).units;
    };
    expect(treekv(await run(policies))).toEqual(await run(['treekv']));
  });
});
