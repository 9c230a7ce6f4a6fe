// Finding needles, on a small random model: the likelihood of an answer against a float64 loop, what is read and
// written against sessions, and runs that are cut off anywhere and come to the same result. RULER's files likewise.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReferenceWeights } from '../src/engine/fake/float64Decoder.testing.ts';
import {
  evaluateNeedle,
  evaluateRuler,
  type NamedSession,
  type NeedleOptions,
  planNeedle,
  planSessions,
  readRulerFile,
} from '../src/evaluation/index.ts';
import { continuation, scoreTokens } from '../src/evaluation/needle/answerScores.ts';
import { promptBuilder } from '../src/evaluation/needle/promptBuilder.ts';
import { answerIds, chatFrame, plainFrame, promptIds } from '../src/evaluation/needle/promptFrame.ts';
import { readUnder } from '../src/evaluation/readUnder.ts';
import { writeGreedily } from '../src/evaluation/writeGreedily.ts';
import {
  type LocalModel,
  LocalSession,
  loadLocalModel,
  planGeneration,
  type QueryUse,
} from '../src/generation/index.ts';
import { type TinyModel, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { naiveNll } from './support/naiveReader.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyChatFolder } from './support/tinyChatFolder.ts';

const everyKth = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const shared = join(import.meta.dirname, '..', '..', 'shared', 'data', 'ruler');
const split = { budget: 24, sinks: 2, recent: 8 };
const grid: NeedleOptions = { lengths: [320, 400], depths: [0.2, 0.9], samples: 2, seed: 3 };
const filler = {
  name: 'story',
  text: 'The keeper climbed the stairs, counting them. It was late! Had anybody seen him? He went on. '.repeat(
    40,
  ),
};
const place = useTemporaryCache();
let model: LocalModel;
let tiny: TinyModel;

beforeAll(async () => {
  model = await loadLocalModel(await writeTinyChatFolder(join(place.folder, 'model')), {
    dtype: 'fp32',
    threads: 1,
  });
  // the same seed and vocabulary: the weights that the folder holds
  tiny = await writeTinyModel(join(place.folder, 'weights'), { vocabSize: 100 });
});

afterAll(() => model.engine.dispose());

/** All but what the machine spent. */
const numbersOf = <R extends { units: unknown; summary: unknown; protocol: unknown }>({
  units,
  summary,
  protocol,
}: R) => ({
  ...{ units, summary, protocol },
});

describe('the likelihood of an answer', () => {
  it.each<[string, NeedleOptions]>([
    ['a pass key', { needle: 'name' }],
    ['a list', { task: 'key-value' }],
  ])('of %s is that of a float64 loop, token by token under every policy', async (_, own) => {
    const policies = ['full', 'treekv', 'streaming-llm', 'h2o', 'tova'];
    const sessions = await planSessions(policies, split, { chunk: 1 });
    const request = planNeedle(
      { ...grid, ...own, lengths: [320], samples: 1, score: 'likelihood' },
      sessions,
    );
    const { units } = await evaluateNeedle(model, request);
    const build = promptBuilder(model, plainFrame, request);
    expect(units).toHaveLength(2 * policies.length);
    for (const { policy, depth, answer, score, tokens } of units) {
      const prompt = build({ length: 320, depth }, 0);
      expect(answer).toBe(prompt.answer);
      const { context, question } = promptIds(model.tokenizer, prompt);
      const wanted = answerIds(model.tokenizer, prompt.question, answer);
      expect(model.tokenizer.decode(wanted)).toBe(` ${answer}`);
      const ids = [...context, ...question, ...wanted];
      expect(ids.slice(tokens)).toEqual([...wanted]);
      const targets = ids.map((_id, i) => (i + 1 < tokens ? -1 : (ids[i + 1] ?? -1)));
      const plan = sessions.find(({ name }) => name === policy)?.plan.cache;
      if (plan === undefined) throw new Error(`no session of ${policy}`);
      const nll = naiveNll(tiny.config, tiny.weights as ReferenceWeights, ids, targets, plan).filter(
        (value) => !Number.isNaN(value),
      );
      expect(nll).toHaveLength(wanted.length);
      const mean = nll.reduce((sum, value) => sum + value, 0) / nll.length;
      expect('nll' in score && Math.abs(score.nll - mean)).toBeLessThan(1e-4);
    }
  });

  it('is exact for what greedy generation writes, and not with another token in it', async () => {
    const sessions = await planSessions(['h2o', 'treekv'], split);
    const ids = promptIds(model.tokenizer, {
      context: filler.text.slice(0, 300),
      question: 'Who?',
      rendered: false,
    });
    const reading = { sessions, query: 'aware' } as const;
    const rules = { maxNewTokens: 6, endIds: [] };
    const written = new Map<string, Int32Array>();
    await readUnder(model.engine, ids, reading, async (read) => {
      written.set(read.session.name, Int32Array.from(await writeGreedily(read, read.logits, rules)));
    });
    for (const changed of [-1, 0, 3, 5]) {
      await readUnder(model.engine, ids, reading, async (read) => {
        const answer = Int32Array.from(written.get(read.session.name) ?? []);
        if (changed >= 0) answer[changed] = (answer[changed] + 1) % 96;
        const score = await scoreTokens(read, read.logits, answer);
        expect(score).toMatchObject({ tokens: 6, exact: changed < 0 });
        // what follows a token that was not written may be another
        if (changed < 0 || changed === 5) expect(score.likeliest).toBe(changed < 0 ? 6 : 5);
      });
    }
  });
});

describe('what a session reads and writes', () => {
  const text = { context: `${filler.text.slice(0, 700)}\n`, question: 'Who is it? It is', rendered: false };
  const most = 24;

  async function writtenBy({ plan }: NamedSession, query: QueryUse | undefined): Promise<string> {
    const session = await LocalSession.create(model, plan);
    let answer = '';
    const compresses = plan.prefill.mode === 'full' && plan.prefill.budget !== null;
    const prompt = {
      ...{ text: text.context, question: text.question, rendered: false },
      ...(compresses && query !== undefined && { query }),
    };
    await session.generate(
      planGeneration({ max_new_tokens: most }),
      prompt,
      new AbortController().signal,
      (piece) => {
        answer += piece;
      },
    );
    session.dispose();
    return answer;
  }

  it.each<[string, readonly string[], 'chunked' | 'full', QueryUse]>([
    [
      'that evicts as it reads',
      ['full', 'treekv', 'h2o', 'tova', 'streaming-llm', everyKth],
      'chunked',
      'aware',
    ],
    ['that compresses with the question', ['full', 'treekv', 'h2o', 'snapkv', 'pyramidkv'], 'full', 'aware'],
    ['that compresses without it', ['full', 'treekv', 'h2o', 'snapkv', 'pyramidkv'], 'full', 'agnostic'],
  ])('%s is what it reads and writes alone', async (_, policies, mode, query) => {
    const budget = { budget: 64, sinks: 2, recent: 16 };
    const sessions = await planSessions(policies, budget, { mode, chunk: 16 });
    const answers = new Map<string, string>();
    const ids = promptIds(model.tokenizer, text);
    await readUnder(model.engine, ids, { sessions, query }, async (read) => {
      answers.set(read.session.name, await continuation(model, read, most, undefined));
    });
    expect(answers.size).toBe(policies.length);
    expect(new Set(answers.values()).size).toBeGreaterThan(1);
    for (const session of sessions) expect(answers.get(session.name)).toBe(await writtenBy(session, query));
  });
});

describe('a grid', () => {
  it('reads prompts of exactly the lengths asked for, through a chat template too', async () => {
    const sessions = await planSessions(['treekv', everyKth], split);
    const options = { ...grid, filler, lengths: [512], samples: 1, chat: true, maxNewTokens: 4 };
    const { units, protocol, summary } = await evaluateNeedle(model, planNeedle(options, sessions));
    expect(units.map(({ tokens }) => tokens)).toEqual([512, 512, 512, 512]);
    expect(protocol.chat?.before).toContain('<|im_start|>user');
    expect(protocol.policies[1]).toMatchObject({
      name: everyKth,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(summary.cells.map(({ n }) => n)).toEqual([1, 1, 1, 1]);
    const { before } = await chatFrame(model);
    for (const { needleAt } of units) expect(needleAt).toBeGreaterThan(before.length);
  });

  it('draws a prompt alike whatever else the grid has', async () => {
    const sessions = await planSessions(['streaming-llm'], split);
    const run = async (options: NeedleOptions) => {
      const request = planNeedle({ ...grid, needle: 'name', score: 'likelihood', ...options }, sessions);
      const { units } = await evaluateNeedle(model, request);
      return units.filter(({ length, depth, sample }) => length === 320 && depth === 0.9 && sample === 0);
    };
    expect(await run({ lengths: [320], depths: [0.9], samples: 1 })).toEqual(await run({}));
  });

  it.each<['chunked' | 'full', readonly string[]]>([
    ['chunked', ['full', 'treekv', 'h2o']],
    ['full', ['full', 'treekv', 'snapkv', 'h2o']],
  ])('cut off anywhere in mode %s and resumed, it is the unbroken run', async (mode, policies) => {
    const sessions = await planSessions(policies, { budget: 40, sinks: 2, recent: 8 }, { mode });
    const request = planNeedle({ ...grid, filler, score: 'likelihood' }, sessions);
    const unbroken = await evaluateNeedle(model, request);
    const total = 8 * policies.length;
    expect(unbroken.units).toHaveLength(total);
    // Units of each part: after the first, inside prompts, and before the last.
    for (const parts of [[1], [2, 5], [5, total - 6]]) {
      const output = join(place.folder, `${mode}-${parts.join('-')}`);
      for (const part of parts) {
        const controller = new AbortController();
        let left = part;
        const onProgress = () => {
          if (--left === 0) controller.abort();
        };
        const where = { output, resume: true, signal: controller.signal };
        const cut = evaluateNeedle(model, request, { ...where, onProgress });
        await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
      }
      const saved = JSON.parse(await readFile(`${output}.json`, 'utf8'));
      expect(saved.units).toHaveLength(parts.reduce((sum, part) => sum + part, 0));
      const resumed = await evaluateNeedle(model, request, { output, resume: true });
      expect(numbersOf(resumed)).toEqual(numbersOf(unbroken));
    }
  });

  it('of another protocol does not go on with a result that is there', async () => {
    const sessions = await planSessions(['streaming-llm'], split);
    const options = { ...grid, lengths: [320], depths: [0], samples: 1, score: 'likelihood' } as const;
    const output = join(place.folder, 'other');
    await evaluateNeedle(model, planNeedle(options, sessions), { output });
    const again = evaluateNeedle(model, planNeedle({ ...options, seed: 4 }, sessions), {
      output,
      resume: true,
    });
    await expect(again).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('seed'),
    });
  });

  it('with a length that cannot be met fails before it reads', async () => {
    const sessions = await planSessions(['treekv'], split);
    const request = planNeedle({ ...grid, lengths: [320, 9000], filler }, sessions);
    let reads = 0;
    const onProgress = () => reads++;
    await expect(evaluateNeedle(model, request, { onProgress })).rejects.toMatchObject({
      code: 'BAD_OPTION',
    });
    expect(reads).toBe(0);
  });
});

describe("RULER's files", () => {
  const lineOf = (index: number, outputs: readonly string[]): string =>
    JSON.stringify({
      index,
      input: `${filler.text.slice(90 * index, 90 * index + 400)}\nWho is it? It is`,
      outputs,
    });

  it('are answered and scored under every policy, and resumed exactly', async () => {
    const sessions = await planSessions(['full', 'treekv', everyKth], split);
    const [vt, qa] = ['vt.jsonl', 'qa_1.jsonl'].map((name) => join(place.folder, name));
    // Any answer holds the empty text, and none a character that the vocabulary lacks: half of `all`, one of `part`.
    await writeFile(vt, [0, 1].map((index) => lineOf(index, ['', '~'])).join('\n'));
    await writeFile(qa, [0, 1].map((index) => lineOf(index, ['', '~'])).join('\n'));
    const files = [await readRulerFile(vt), await readRulerFile(qa)];
    const request = { files, sessions, chat: false, query: null };
    const whole = await evaluateRuler(model, request);
    expect(whole.units.map(({ key }) => key).slice(0, 3)).toEqual([
      'full vt 0',
      'treekv vt 0',
      `${everyKth} vt 0`,
    ]);
    expect(whole.summary.means.map(({ task, mean, n }) => [task, mean, n])).toEqual(
      sessions.flatMap(() => [
        ['vt', 0.5, 2],
        ['qa_1', 1, 2],
      ]),
    );
    expect(whole.summary.pairs.map(({ difference }) => difference.mean)).toEqual([0, 0, 0]);
    const output = join(place.folder, 'ruler');
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done === 4) controller.abort();
    };
    const cut = evaluateRuler(model, request, { output, signal: controller.signal, onProgress });
    await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
    expect(numbersOf(await evaluateRuler(model, request, { output, resume: true }))).toEqual(
      numbersOf(whole),
    );
    const twice = evaluateRuler(model, { ...request, files: [files[0], files[0]] });
    await expect(twice).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('are answered in as many tokens as their rules allow', async () => {
    const sessions = await planSessions(['treekv'], split);
    const path = join(place.folder, 'fwe.jsonl');
    await writeFile(path, lineOf(0, ['~']));
    const file = await readRulerFile(path);
    const answerOf = async (maxNewTokens: number) => {
      const files = [{ ...file, rules: { ...file.rules, maxNewTokens } }];
      const { units } = await evaluateRuler(model, { files, sessions, chat: false, query: null });
      return units[0].answer;
    };
    const long = await answerOf(12);
    // one token a character, less those at the ends that are stripped
    expect(long.length).toBeGreaterThan(3);
    expect((await answerOf(3)).length).toBeLessThanOrEqual(3);
    expect(long.startsWith((await answerOf(3)).trim())).toBe(true);
  });

  const real = join(shared, 'niah_multikey_3.4096.20.jsonl');
  it.skipIf(!existsSync(real))(
    'of its own making are read whole (skipped without shared/data/ruler)',
    async () => {
      const { task, samples } = await readRulerFile(real);
      expect(task).toBe('niah_multikey_3');
      expect(samples).toHaveLength(20);
      for (const { context, question, lead, references } of samples) {
        expect(question).toMatch(
          /^What is the special magic uuid for \S+ mentioned in the provided text\? The .* is$/,
        );
        expect(lead).toBe('');
        expect(references).toHaveLength(1);
        expect(context).toContain(references[0]);
      }
    },
  );
});
