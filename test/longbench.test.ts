// `evaluateLongBench` on a small random model that chats, over made-up files of all 16 tasks: each answer is the one
// that a session of its own writes, or that a float64 decoder writes, and a run that is cut off ends as any other.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReferenceText, type ReferenceWeights } from '../src/engine/fake/float64Decoder.testing.ts';
import {
  evaluateLongBench,
  type LongBenchData,
  type LongBenchResult,
  longBenchPlots,
  type NamedSession,
  planSessions,
  readLongBench,
} from '../src/evaluation/index.ts';
import { writeLongBenchFolder } from '../src/evaluation/longbench/longBenchFolder.testing.ts';
import { fillTemplate } from '../src/evaluation/longbench/prompt.ts';
import { type LocalModel, LocalSession, loadLocalModel, planGeneration } from '../src/generation/index.ts';
import { writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { readResult, renderSvg, type Unit } from '../src/report/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { chatTokens, writeTinyChatFolder } from './support/tinyChatFolder.ts';

const split = { budget: 48, sinks: 2, recent: 10 };
const everyKth = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const policies = ['full', 'treekv', 'streaming-llm', 'h2o', 'tova'];
const never = new AbortController().signal;

const place = useTemporaryCache();
let model: LocalModel;
let base: LocalModel;
let data: LongBenchData;

beforeAll(async () => {
  const options = { dtype: 'fp32', threads: 1 } as const;
  model = await loadLocalModel(await writeTinyChatFolder(join(place.folder, 'model')), options);
  base = await loadLocalModel(
    await writeTinyChatFolder(join(place.folder, 'base'), undefined, null),
    options,
  );
  data = await readLongBench(await writeLongBenchFolder(join(place.folder, 'data')), { anyTemplates: true });
});

afterAll(() => Promise.all([model.engine.dispose(), base.engine.dispose()]));

const full = () => planSessions([...policies, 'snapkv', 'pyramidkv'], split, { mode: 'full' });
const chunked = () => planSessions([...policies, everyKth], split, { mode: 'chunked', chunk: 8 });
const only = (...names: string[]): LongBenchData => ({
  ...data,
  tasks: data.tasks.filter(({ task }) => names.includes(task.name)),
});
const cells = ({ units }: LongBenchResult) => units.map(({ peakCacheBytes: _, ...numbers }) => numbers);

/** What a session of its own writes behind a text. */
async function alone({ plan }: NamedSession, text: string, rendered: boolean, maxNewTokens: number) {
  const session = await LocalSession.create(model, plan);
  let written = '';
  const generation = planGeneration({ max_new_tokens: maxNewTokens });
  const statistics = await session.generate(generation, { text, rendered }, never, (piece) => {
    written += piece;
  });
  session.dispose();
  return { written, ...statistics };
}

describe.each([
  ['full', full],
  ['chunked', chunked],
])('in prefill mode %s', (mode, plan) => {
  it('every answer is the one that a session of its own writes, with the memory that it takes', async () => {
    const asked = only('qasper', 'lcc');
    const sessions = await plan();
    const { units } = await evaluateLongBench(model, { data: asked, sessions, chat: 'never' });
    expect(units).toHaveLength(asked.tasks.length * 2 * sessions.length);
    for (const unit of units) {
      const task = asked.tasks.find((one) => one.task.name === unit.task);
      const session = sessions.find(({ name }) => name === unit.policy);
      if (task === undefined || session === undefined) throw new Error(unit.key);
      const text = fillTemplate(task.template, task.samples[unit.index]);
      const own = await alone(session, text, false, task.maxNewTokens);
      expect(unit.prediction, unit.key).toBe(own.written);
      expect(unit.generated).toBe(own.completion_tokens);
      expect(unit.promptTokens).toBe(own.prompt_tokens);
      if (unit.policy !== 'full') expect(unit.peakCacheBytes).toBe(own.peakCacheBytes);
      else expect(unit.kept).toBe(unit.promptTokens);
      if (mode === 'chunked' && unit.policy !== 'full') expect(unit.kept).toBe(split.budget);
    }
    expect(new Set(units.map(({ prediction }) => prediction)).size).toBeGreaterThan(6);
  });

  it('a run that is cut off between or inside samples ends with the units of an unbroken one', async () => {
    const asked = only('qasper', 'trec', 'samsum');
    const sessions = await plan();
    const unbroken = await evaluateLongBench(model, { data: asked, sessions });
    const output = join(place.folder, `cut-${mode}`);
    for (const steps of [1, 7, 19, 40]) {
      const controller = new AbortController();
      await using _ = abortAfter(model, steps, controller);
      const options = { output, resume: true, signal: controller.signal };
      await expect(evaluateLongBench(model, { data: asked, sessions }, options)).rejects.toMatchObject({
        code: 'ABORTED',
      });
    }
    const cut = await readResult<unknown, Unit, unknown>(`${output}.json`);
    expect(cut?.units.length).toBeGreaterThan(0);
    expect(cut?.units.length).toBeLessThan(unbroken.units.length);
    const resumed = await evaluateLongBench(model, { data: asked, sessions }, { output, resume: true });
    expect(resumed.units).toEqual(unbroken.units);
    expect(resumed.summary).toEqual(unbroken.summary);
    await expect(evaluateLongBench(model, { data: asked, sessions }, { output })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('--resume'),
    });
  });
});

/** Fires the abort with a step of the engine, and takes itself away again. */
function abortAfter({ engine }: LocalModel, steps: number, controller: AbortController): AsyncDisposable {
  const open = engine.open.bind(engine);
  let left = steps;
  engine.open = (rows, capacity) => {
    const store = open(rows, capacity);
    const step = store.step.bind(store);
    store.step = (request) => {
      if (--left === 0) controller.abort();
      return step(request);
    };
    return store;
  };
  return {
    async [Symbol.asyncDispose]() {
      engine.open = open;
    },
  };
}

it('with full attention the answer is the one that a float64 decoder writes', async () => {
  const { weights } = await writeTinyModel(join(place.folder, 'weights'), { vocabSize: 100 });
  const sessions = await planSessions(['full'], split, { mode: 'full' });
  const asked = only('triviaqa');
  const { units } = await evaluateLongBench(model, { data: asked, sessions });
  const [{ template, samples, maxNewTokens }] = asked.tasks;
  for (const { index, prediction } of units) {
    const text = new ReferenceText(model.engine.config, weights as ReferenceWeights);
    const { layers, kvHeads } = model.engine.config;
    let ids = Array.from(
      model.tokenizer.withBos(model.tokenizer.encode(fillTemplate(template, samples[index]))),
    );
    const written: number[] = [];
    for (let seen = 0; written.length < maxNewTokens; seen += ids.length, ids = written.slice(-1)) {
      const all = Array.from({ length: seen }, (_, i) => i);
      const kept = Array.from({ length: layers }, () => Array.from({ length: kvHeads }, () => all));
      const last = text.read(ids, kept, false).logits.at(-1) ?? new Float64Array(0);
      const id = last.indexOf(Math.max(...last));
      written.push(id);
      if (model.eosIds.includes(id)) break;
    }
    expect(prediction).toBe(model.tokenizer.decode(written));
  }
});

it('all tasks are run and scored, in the order of Table 3, and the result draws', async () => {
  const sessions = await full();
  const result = await evaluateLongBench(base, { data, sessions });
  expect(result.units).toHaveLength(16 * 2 * sessions.length);
  expect(result.protocol.tasks.map(({ label }) => label).join()).toBe(
    'NrtvQA,Qasper,MF-en,HotpotQA,2WikiMQA,Musique,GovReport,QMSum,MultiNews,TREC,TriviaQA,SAMSum,PCount,PRe,LCC,RB-P',
  );
  expect(result.summary.scores.map(({ policy }) => policy)).toEqual(sessions.map(({ name }) => name));
  expect(result.summary.differences).toHaveLength((sessions.length * (sessions.length - 1)) / 2);
  expect(Math.max(...result.units.map(({ score }) => score))).toBeGreaterThan(0);
  expect(await renderSvg(longBenchPlots(result)[''])).toContain('<svg');
});

describe('chat', () => {
  const wrap = (text: string) => `<bos><|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;

  it('auto wraps what LongBench wraps: the model reads what a rendered session reads', async () => {
    const [session] = await planSessions(['full'], split, { mode: 'full' });
    const { units, protocol } = await evaluateLongBench(model, {
      data: only('qasper', 'lcc'),
      sessions: [session],
    });
    expect(protocol.tasks.map(({ chat }) => chat)).toEqual([true, false]);
    expect(protocol.chatTemplate?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const [{ template, samples, maxNewTokens }] = only('qasper').tasks;
    const own = await alone(session, wrap(fillTemplate(template, samples[0])), true, maxNewTokens);
    expect(units[0]).toMatchObject({
      prediction: own.written,
      promptTokens: own.prompt_tokens,
      wholeTokens: own.prompt_tokens - model.tokenizer.encode(wrap('')).length + 1,
    });
    expect(units[2].promptTokens).toBe(units[2].wholeTokens);
  });

  it('always wraps every task, never none, and a base model is only wrapped by mistake', async () => {
    const sessions = await planSessions(['full'], split, { mode: 'full' });
    const asked = only('qasper', 'lcc');
    const wrapped = async (of: LocalModel, chat: 'auto' | 'always' | 'never') => {
      const { protocol } = await evaluateLongBench(of, { data: asked, sessions, chat });
      return protocol.tasks.map((task) => task.chat);
    };
    expect(await wrapped(model, 'always')).toEqual([true, true]);
    expect(await wrapped(model, 'never')).toEqual([false, false]);
    expect(await wrapped(base, 'auto')).toEqual([false, false]);
    await expect(wrapped(base, 'always')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('no chat template'),
    });
  });
});

it('a prompt that is too long loses its middle', async () => {
  const [session] = await planSessions(['full'], split, { mode: 'full' });
  const [task] = only('lcc').tasks;
  const text = fillTemplate(task.template, task.samples[0]);
  const { units } = await evaluateLongBench(model, { data: only('lcc'), sessions: [session], maxLength: 61 });
  // one token a character, BOS among the first 30, and put in front again
  const own = await alone(session, text.slice(0, 29) + text.slice(-30), false, task.maxNewTokens);
  expect(units[0]).toMatchObject({
    prediction: own.written,
    promptTokens: 60,
    wholeTokens: text.length + 1,
  });
});

it('an answer of SAMSum ends at the newline token', async () => {
  const [task] = only('samsum').tasks;
  const long = { ...data, tasks: [{ ...task, maxNewTokens: 60 }] };
  const sessions = await planSessions(policies, split, { mode: 'full' });
  const { units, protocol } = await evaluateLongBench(model, { data: long, sessions });
  expect(protocol.newlineId).toBe(chatTokens.newline);
  for (const { prediction } of units) expect(prediction.slice(0, -1)).not.toContain('\n');
  expect(units.filter(({ prediction }) => prediction.endsWith('\n'))).not.toEqual([]);
  const { protocol: other } = await evaluateLongBench(model, { data: only('lcc'), sessions });
  expect(other.newlineId).toBeNull();
});

it('LongBench-E is scored by length too', async () => {
  const folder = await writeLongBenchFolder(join(place.folder, 'extended'), { extended: true, samples: 3 });
  const extended = await readLongBench(folder, {
    anyTemplates: true,
    extended: true,
    tasks: ['lcc', 'trec'],
  });
  const sessions = await planSessions(['full', 'treekv'], split, { mode: 'full' });
  const { summary, protocol } = await evaluateLongBench(model, { data: extended, sessions });
  expect(protocol.benchmark).toBe('LongBench-E');
  expect(summary.buckets.map(({ policy, bucket }) => `${policy} ${bucket}`)).toEqual([
    ...['full 0-4k', 'full 4-8k', 'full 8k+', 'treekv 0-4k', 'treekv 4-8k', 'treekv 8k+'],
  ]);
  for (const { tasks } of summary.buckets) expect(Object.values(tasks)).not.toContain(null);
});

it('predictions lose the spaces that the tokenizer cleans up, and the protocol says so', async () => {
  const sessions = await planSessions(['full'], split, { mode: 'full' });
  const saying = (cleansUpSpaces: boolean): LocalModel => ({
    ...base,
    tokenizer: Object.create(base.tokenizer, {
      cleansUpSpaces: { value: cleansUpSpaces },
      decode: { value: () => 'So it is .' },
    }),
  });
  const run = async (of: LocalModel) => {
    const { units, protocol } = await evaluateLongBench(of, { data: only('lcc'), sessions });
    return [units[0].prediction, protocol.spaces.split(' ')[0]];
  };
  expect(await run(saying(true))).toEqual(['So it is.', 'cleaned']);
  expect(await run(saying(false))).toEqual(['So it is .', 'as']);
});

it('the question is said to be compressed only where it is', async () => {
  const query = async (sessions: readonly NamedSession[]) =>
    (await evaluateLongBench(base, { data: only('lcc'), sessions })).protocol.query;
  expect(await query(await full())).toMatch(/^aware: .*compressed$/);
  expect(await query(await chunked())).toMatch(/read in chunks while the policy evicts$/);
  expect(await query(await planSessions(['full'], split))).toMatch(/nothing leaves$/);
});

it('a summary that overflows the stack of the scorer scores 0, unless the limit is lifted', async () => {
  const sessions = await planSessions(['full'], split, { mode: 'full' });
  const [task] = only('gov_report').tasks;
  const run = async (answers: readonly string[], compatRecursionLimit: boolean) => {
    const one = { ...data, tasks: [{ ...task, samples: [{ ...task.samples[0], answers }] }] };
    return (await evaluateLongBench(base, { data: one, sessions, compatRecursionLimit })).units[0];
  };
  const { prediction } = await run(['.'], true);
  const long = [`${prediction.replaceAll('.', ' ')}${' word'.repeat(1200)}`];
  expect((await run(long, true)).score).toBe(0);
  expect((await run(long, false)).score).toBeGreaterThan(0);
});

it('equal runs give equal units', async () => {
  const sessions = await full();
  const run = () => evaluateLongBench(model, { data: only('qasper'), sessions });
  expect(cells(await run())).toEqual(cells(await run()));
});
