// What `dispose` and the end of a program promise while the engine works, one promise a test; that they hold at any
// moment is what endings.long.test.ts is for.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'treekv';
import { beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { Batch, loadLocalModel } from '../src/generation/index.ts';
import { findPolicy, planCache } from '../src/policies/index.ts';
import { libraryUrl, longCalls, runEnding } from './support/endingProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
let folder = '';

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
});

describe('dispose', () => {
  it('behind a loop that was left, the line after it is reached', async () => {
    const ended = await runEnding(`
      const model = await open();
      for await (const piece of model.generate('Once', { max_new_tokens: 500 })) break;
      await model.dispose();
      say('reached');`);
    expect(ended).toEqual({ code: 0, stdout: 'reached\n', stderr: '' });
  });

  it('fails the calls under way before it waits for the step in hand', async () => {
    const model = await load(folder, { threads: 1 });
    const order: string[] = [];
    const calls = [
      model.perplexity(randomText(20_000, 1)),
      model.generate('a', { max_new_tokens: 1e6 }).result,
    ];
    const failures = calls.map((call) => call.catch(({ code }) => order.push(code)));
    await model.dispose().then(() => order.push('disposed'));
    await Promise.all(failures);
    expect(order).toEqual(['DISPOSED', 'DISPOSED', 'disposed']);
  });

  it('may be called again while it is under way and after, and each call waits for the end', async () => {
    const model = await load(folder, { threads: 1 });
    const disposals = [model.dispose(), model.dispose(), model[Symbol.asyncDispose]()];
    await Promise.all(disposals);
    await model.dispose();
    await expect(model.session()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('comes at the end of `await using`, whatever is under way', async () => {
    const begin = async (): Promise<unknown> => {
      await using model = await load(folder, { threads: 1 });
      return model.generate('a', { max_new_tokens: 1e6 }).result.catch(({ code }) => code);
    };
    const call = await begin();
    expect(call).toBe('DISPOSED');
  });

  it('of one model leaves a generation of another undisturbed', async () => {
    const [first, second] = await Promise.all([load(folder, { threads: 1 }), load(folder, { threads: 1 })]);
    const failing = first.generate('a', { max_new_tokens: 1e6 }).result.catch(({ code }) => code);
    const writing = second.generate('a', { max_new_tokens: 200 });
    for await (const _ of writing) await first.dispose();
    expect(await failing).toBe('DISPOSED');
    expect((await writing.result).text).not.toBe('');
    await second.dispose();
  });

  it('of an engine, between a call and its turn, is DISPOSED to the call', async () => {
    const { engine, tokenizer } = await loadLocalModel(folder, { threads: 1 });
    const batch = new Batch(engine, 1);
    const { layers, kvHeads: heads } = engine.config;
    batch.add(
      new SequenceCache(await planCache({ policy: 'full' }), await findPolicy('full'), { layers, heads }),
    );
    const failing = expect(batch.step([{ ids: tokenizer.encode('a') }])).rejects.toMatchObject({
      code: 'DISPOSED',
    });
    await engine.dispose();
    await failing;
  });
});

it('an abort that comes while the engine is made ends the load', async () => {
  await (await loadLocalModel(folder, { threads: 1 })).engine.dispose();
  // The weights are packed now: the signal is asked before the engine is made, and then again.
  let asked = 0;
  const signal = Object.defineProperty(new AbortController().signal, 'aborted', { get: () => ++asked > 1 });
  await expect(loadLocalModel(folder, { threads: 1, signal })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(asked).toBe(2);
});

describe('a policy in the model’s thread', () => {
  /** Lines of a program that loads a model and appends a text under a policy whose step is this. */
  async function stepping(name: string, step: string): Promise<string> {
    const file = join(place.folder, `${name}.mjs`);
    const began = join(place.folder, `${name}.began`);
    await writeFile(
      file,
      `import { existsSync, writeFileSync } from 'node:fs';
       export const policy = {
         name: ${JSON.stringify(name)},
         summary: 'A policy that misbehaves.',
         plan: () => ({
           ...{ policy: ${JSON.stringify(name)}, variant: 'paper', positions: 'by-place' },
           ...{ budget: 16, sinks: 4, recent: 8, selected: 4 },
         }),
         create: ({ budget }) => ({
           asks: 'none',
           budget,
           step({ heads, before, added }, evicted) {
             const leaving = Math.max(0, before + added - budget);
             for (let i = 0; i < heads * leaving; i++) evicted[i] = 4 + (i % leaving);
             writeFileSync(${JSON.stringify(began)}, '');
             ${step}
           },
           state: () => ({}),
           restore: () => {},
         }),
       };`,
    );
    return `
      import { existsSync } from 'node:fs';
      const model = await load(${JSON.stringify(folder)}, { threads: 1, cache: { policy: ${JSON.stringify(file)} } });
      const call = sayHow((${longCalls.append})(model, signal));
      while (!existsSync(${JSON.stringify(began)})) await later(10);`;
  }

  it('that never returns does not hold up dispose', async () => {
    const lines = await stepping('endless-dispose', 'for (;;);');
    const ended = await runEnding(`${lines} await model.dispose(); say('reached');`);
    expect(ended).toEqual({ code: 0, stdout: 'call DISPOSED\nreached\n', stderr: '' });
  });

  it('that never returns does not hold up process.exit', async () => {
    const ended = await runEnding(`${await stepping('endless-exit', 'for (;;);')} process.exit(7);`);
    expect(ended).toEqual({ code: 7, stdout: '', stderr: '' });
  });

  it('that ends the thread fails the call, and the program ends as it wants to', async () => {
    const lines = await stepping('leaving', 'process.exit(3);');
    const ended = await runEnding(`${lines} await call; process.exit(7);`);
    expect(ended).toEqual({ code: 7, stdout: 'call ENGINE_FAILED\n', stderr: '' });
  });

  it('whose error ends the thread on its way to the engine does not keep the program from its end', async () => {
    const go = join(place.folder, 'go');
    const lines = await stepping(
      'crossing',
      `while (!existsSync(${JSON.stringify(go)}));
       Promise.reject(new Error('of the policy'));`,
    );
    // The program learns nothing of the thread's end, since it does not come to its event loop before its own.
    const ended = await runEnding(`
      import { writeFileSync } from 'node:fs';
      ${lines}
      writeFileSync(${JSON.stringify(go)}, '');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      process.exit(7);`);
    expect(ended).toEqual({ code: 7, stdout: '', stderr: '' });
  });
});

describe('a program', () => {
  it('with a dozen models ends in the middle of their work without a warning', async () => {
    const ended = await runEnding(`
      const path = ${JSON.stringify(folder)};
      const models = await Promise.all(Array.from({ length: 12 }, () => load(path, { threads: 1 })));
      for (const model of models) model.generate('a', { max_new_tokens: 1e6 });
      await later(100);
      process.exit(7);`);
    expect(ended).toEqual({ code: 7, stdout: '', stderr: '' });
  });

  it('whose own thread loads a model may end that thread from inside, and goes on', async () => {
    const ended = await runEnding(`
      import { Worker } from 'node:worker_threads';
      const thread = new Worker(
        \`import(${JSON.stringify(libraryUrl)}).then(async ({ load }) => {
          const model = await load(undefined, { threads: 1 });
          const { signal } = new AbortController();
          const call = ${longCalls['session.generate']};
          const read = async (stream) => {
            for await (const piece of stream) setTimeout(() => process.exit(5), 50);
          };
          await call(model, signal);
        });\`,
        { eval: true },
      );
      thread.on('exit', (code) => say('thread ' + code));`);
    expect(ended).toEqual({ code: 0, stdout: 'thread 5\n', stderr: '' });
  });
});
