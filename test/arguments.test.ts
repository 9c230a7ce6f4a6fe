// The library's door, from outside: whatever a program passes, it is told what is wrong with it before any work is
// done, by a TreekvError of code BAD_OPTION; an aborted signal ends a call before it begins; and what a session's
// options mean beside those of `load`.
import { join } from 'node:path';
import fc from 'fast-check';
import { type Chat, findCached, load, type Model, pull, type Session, TreekvError } from 'treekv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyChatFolder } from './support/tinyChatFolder.ts';

const place = useTemporaryCache();
let model: Model;
let session: Session;
let chat: Chat;
let folder = '';

beforeAll(async () => {
  folder = await writeTinyChatFolder(join(place.folder, 'model'));
  model = await load(folder, { dtype: 'fp32', threads: 1, cache: { budget: 64, sinks: 2 } });
  session = await model.session();
  await session.append('Once');
  chat = await model.chat();
});

afterAll(() => model.dispose());

/** Values of every kind that a program may pass by mistake. */
const strays: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 7, Number.NaN, Infinity, -Infinity, 10n, '', 'x', 'full', Symbol('s')],
  ...[
    [],
    ['x'],
    [1],
    {},
    { a: 1 },
    Object.create(null),
    () => 1,
    new Date(0),
    new Map(),
    /x/,
    Buffer.from('x'),
  ],
  ...[
    new Float32Array(2),
    new AbortController().signal,
    new Error('x'),
    Promise.resolve(1),
    new URL('file:///x'),
  ],
];

type Fits = (value: unknown) => boolean;
const text: Fits = (value) => typeof value === 'string';
const name: Fits = (value) => text(value) && value !== '';
const count: Fits = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const index: Fits = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const flag: Fits = (value) => typeof value === 'boolean';
const callback: Fits = (value) => typeof value === 'function';
const signal: Fits = (value) => value instanceof AbortSignal;
const bag: Fits = (value) =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));
const positive: Fits = (value) => typeof value === 'number' && value > 0 && value < Infinity;
const never: Fits = () => false;

const cache = {
  policy: (value: unknown) => value === 'full',
  budget: index,
  sinks: index,
  recent: index,
  positions: never,
  seed: never,
};
const prefill = { mode: (value: unknown) => value === 'full', method: never, block: never, window: never };
const sessions = { cache: bag, prefill_chunk_size: count, prefill: never };
const writing = {
  ...{ max_new_tokens: count, do_sample: flag, temperature: never, top_k: never, top_p: never, min_p: never },
  ...{ repetition_penalty: positive, seed: never, signal },
  stop: (value: unknown) => name(value) || (Array.isArray(value) && value.every(name)),
  eos_token_id: (value: unknown) => index(value) || (Array.isArray(value) && value.every(index)),
};
const chats = {
  ...{
    system: text,
    template: (value: unknown) => text(value) || value instanceof URL,
    template_variables: bag,
  },
  tools: (value: unknown) => Array.isArray(value) && value.every(bag),
};

/** A call: its arguments before the options, what they may be, and the names of its options. */
interface Call {
  readonly title: string;
  readonly run: (...args: never[]) => unknown;
  readonly leading: readonly Fits[];
  readonly sound: readonly unknown[];
  readonly options: Readonly<Record<string, Fits>>;
  /** Where the options stand inside what is passed. */
  readonly wrap?: (options: unknown) => unknown;
}

const calls: readonly Call[] = [
  {
    title: 'load',
    run: load as Call['run'],
    leading: [(value) => value === undefined || name(value)],
    sound: [undefined],
    options: {
      ...{ ...sessions, threads: count, revision: name, local_files_only: flag, signal },
      dtype: (value) => ['fp32', 'q8', 'q4'].includes(value as string),
      progress_callback: callback,
    },
  },
  {
    title: 'generate',
    run: (...args) => model.generate(...(args as unknown as Parameters<Model['generate']>)).result,
    leading: [text],
    sound: ['Once'],
    options: { ...sessions, ...writing, question: text, query: never },
  },
  ...[cache, prefill].map(
    (options, i): Call => ({
      title: i === 0 ? 'session.cache' : 'session.prefill',
      run: (...args) => model.session(...(args as [])),
      leading: [],
      sound: [],
      options,
      wrap: (own) => (i === 0 ? { cache: own } : { prefill: own }),
    }),
  ),
  {
    title: 'session',
    run: (...args) => model.session(...(args as [])),
    leading: [],
    sound: [],
    options: { ...sessions, snapshot: (value) => value === undefined || value instanceof Uint8Array },
  },
  {
    title: 'chat',
    run: (...args) => model.chat(...(args as [])),
    leading: [],
    sound: [],
    options: {
      ...sessions,
      ...chats,
      snapshot: (value) => value === undefined || value instanceof Uint8Array,
    },
  },
  {
    title: 'perplexity',
    run: (...args) => model.perplexity(...(args as unknown as Parameters<Model['perplexity']>)),
    leading: [text],
    sound: ['Once upon'],
    options: { cache: bag, limit: count, chunk: count, signal },
  },
  {
    title: 'append',
    run: (...args) => session.append(...(args as unknown as Parameters<Session['append']>)),
    leading: [text],
    sound: ['x'],
    options: { prefill: never, signal },
  },
  {
    title: 'session.generate',
    run: (...args) => session.generate(...(args as [])).result,
    leading: [],
    sound: [],
    options: writing,
  },
  {
    title: 'send',
    run: (...args) => chat.send(...(args as unknown as Parameters<Chat['send']>)).result,
    leading: [(value) => text(value) || bag(value) || Array.isArray(value)],
    sound: ['Hello'],
    options: writing,
  },
  {
    title: 'pull',
    run: pull as Call['run'],
    leading: [name],
    sound: ['org/name'],
    options: {
      ...{ revision: name, local_files_only: flag, signal, progress_callback: callback },
      retry: bag,
    },
  },
];

/** How a call ends. */
async function ending(call: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    await call.run(...(args as never[]));
    return 'it was accepted';
  } catch (error) {
    return error;
  }
}

function expectRefused(error: unknown, args: readonly unknown[]): void {
  const found = error instanceof TreekvError ? error.code : error;
  expect(found, `${args.map((value) => (typeof value === 'symbol' ? 'symbol' : typeof value))}`).toBe(
    'BAD_OPTION',
  );
}

describe.each(calls)('$title', (call) => {
  const arbitraryStray = fc.constantFrom(...strays);

  it('refuses stray values and misspelt names, whichever option they come in', async () => {
    const names = Object.keys(call.options);
    const poisoned = fc.oneof(
      // a value that the option does not take
      fc
        .tuple(fc.constantFrom(...names), arbitraryStray)
        .filter(([option, value]) => !call.options[option](value)),
      // an option that there is not
      fc.tuple(
        fc.string({ minLength: 1 }).filter((option) => !names.includes(option)),
        arbitraryStray,
      ),
    );
    // fast-check runs 190 a call, some 2,000 in all
    await fc.assert(
      fc.asyncProperty(poisoned, async ([option, value]) => {
        const own = Object.defineProperty({}, option, { value, enumerable: true });
        const args = [...call.sound, call.wrap ? call.wrap(own) : own];
        expectRefused(await ending(call, args), args);
      }),
      { numRuns: 190 },
    );
  });

  it('refuses what is no object in the place of its options', async () => {
    for (const stray of strays.filter((value) => !bag(value))) {
      const args = [...call.sound, call.wrap ? call.wrap(stray) : stray];
      expectRefused(await ending(call, args), args);
    }
  });

  if (call.leading.length === 0) return;
  it('refuses what it cannot read', async () => {
    for (const stray of [...strays, undefined].filter((value) => !call.leading[0](value))) {
      expectRefused(await ending(call, [stray]), [stray]);
    }
  });
});

it('score refuses requests that are none', async () => {
  const sound = { texts: ['Once upon'], plans: [model.cache], limit: null, chunk: 1 };
  const wrong: readonly unknown[] = [
    ...[...strays, undefined].filter((value) => !bag(value)),
    {},
    ...Object.keys(sound).flatMap((option) =>
      strays
        .filter((value) => !(option === 'limit' && value === null))
        .filter((value) => !(['limit', 'chunk'].includes(option) && count(value)))
        .filter(
          (value) =>
            !(Array.isArray(value) && (value.length === 0 || (option === 'texts' && value[0] === 'x'))),
        )
        .map((value) => ({ ...sound, [option]: value })),
    ),
  ];
  for (const request of wrong) {
    const error = await model.score(request as typeof sound).catch((thrown: unknown) => thrown);
    expectRefused(error, [request]);
  }
});

it('findCached refuses what is no name', async () => {
  for (const stray of [...strays, undefined].filter((value) => !name(value))) {
    expectRefused(await findCached(stray as string).catch((thrown: unknown) => thrown), [stray]);
  }
});

describe('what only looks sound is refused:', () => {
  const bad = { code: 'BAD_OPTION' };

  it('chat data that holds itself, or is too deep', async () => {
    const circular: Record<string, unknown> = { role: 'user', content: 'x' };
    circular.self = circular;
    let deep: unknown = 'x';
    for (let i = 0; i < 20_000; i++) deep = [deep];
    for (const value of [circular, { role: 'user', content: 'x', deep }]) {
      await expect((async () => chat.send(value as never).text())()).rejects.toMatchObject(bad);
      await expect(model.chat({ template_variables: { value } })).rejects.toMatchObject(bad);
    }
  });

  it('lists with holes', async () => {
    // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
    for (const options of [{ stop: [, 'a'] }, { eos_token_id: [, 1] }]) {
      await expect((async () => session.generate(options as never).text())()).rejects.toMatchObject(bad);
    }
  });

  it('file URLs of other machines', async () => {
    const template = new URL('file://host/x');
    await expect(model.chat({ template })).rejects.toMatchObject(bad);
    await expect(model.session({ cache: { policy: 'file://host/x.mjs' } })).rejects.toMatchObject(bad);
  });

  it('bytes that were given away', async () => {
    const snapshot = new Uint8Array(8);
    structuredClone(snapshot.buffer, { transfer: [snapshot.buffer] });
    await expect(model.session({ snapshot })).rejects.toMatchObject({ code: 'BAD_FILE' });
  });

  it('a generation that is iterated a second time, at once or later', async () => {
    const stream = session.generate({ max_new_tokens: 3 });
    const read = async () => {
      for await (const _ of stream);
    };
    const [, second] = await Promise.allSettled([read(), read()]);
    expect(second).toMatchObject({ status: 'rejected', reason: bad });
    await expect(read()).rejects.toMatchObject(bad);
    expect(await stream.text()).toBeTypeOf('string');
  });
});

describe('an error at the door', () => {
  const messageOf = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('sends messages to a chat, and bytes to a decoder', async () => {
    const generate = (prompt: unknown) => messageOf(() => model.generate(prompt as string));
    expect(await generate([{ role: 'user', content: 'Hi' }])).toMatch(
      /prompt of generate must be a text.*model\.chat\(\)/,
    );
    expect(await generate(Buffer.from('Hi'))).toMatch(/Decode bytes first/);
    expect(await generate(undefined)).toMatch(/must be a text, not undefined/);
    expect(await messageOf(() => session.append(Buffer.from('Hi') as unknown as string))).toMatch(
      /Decode bytes/,
    );
  });

  it('says of null what to write instead', async () => {
    expect(await messageOf(() => model.generate('a', { top_k: null } as never))).toBe(
      "Option 'top_k' is null; leave it out, or give undefined, for its default.",
    );
  });

  it('shows options as they are written', async () => {
    expect(await messageOf(() => model.generate('a', 100 as never))).toMatch(
      /Options of generate must be an object, such as \{ max_new_tokens: \.\.\. \}, not 100/,
    );
    expect(await messageOf(() => load(folder, { cache: 512 } as never))).toBe(
      "Option 'cache' must be an object, not 512.",
    );
  });
});

describe('a signal that was aborted before', () => {
  const aborted = AbortSignal.abort();
  const failed = { code: 'ABORTED' };

  it('ends every call that takes one before any work', async () => {
    const before = await session.statistics();
    const events: unknown[] = [];
    const progress_callback = (event: unknown) => events.push(event);
    await expect(load(folder, { signal: aborted, progress_callback })).rejects.toMatchObject(failed);
    await expect(pull('org/name', { signal: aborted, progress_callback })).rejects.toMatchObject(failed);
    await expect(session.append('more', { signal: aborted })).rejects.toMatchObject(failed);
    await expect(model.perplexity('Once upon', { signal: aborted })).rejects.toMatchObject(failed);
    const request = { texts: ['Once upon'], plans: [model.cache], limit: null, chunk: 1 };
    await expect(model.score(request, aborted, progress_callback)).rejects.toMatchObject(failed);
    expect(events).toEqual([]);
    expect(await session.statistics()).toEqual(before);
  });

  const options = { signal: aborted, max_new_tokens: 5 };
  const writers = [
    { who: 'model', write: () => model.generate('Once', options) },
    { who: 'session', write: () => session.generate(options) },
    { who: 'chat', write: () => chat.send('Hello', options) },
  ];
  it.each(writers)('ends what a $who would write without a piece', async ({ write }) => {
    const pieces: string[] = [];
    const reading = async () => {
      for await (const piece of write()) pieces.push(piece);
    };
    await expect(reading()).rejects.toMatchObject(failed);
    expect(pieces).toEqual([]);
    expect(chat.messages).toEqual([]);
  });
});

describe('dispose', () => {
  it('may be called again, of a session, a chat and a model, and after the model', async () => {
    const own = await load(folder, { dtype: 'fp32', threads: 1 });
    const [one, other] = [await own.session(), await own.chat()];
    await Promise.all([one.dispose(), one.dispose(), other.dispose(), other.dispose()]);
    await one.dispose();
    await expect(one.append('x')).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(other.send('x').text()).rejects.toMatchObject({
      code: 'DISPOSED',
      message: expect.stringContaining('model.chat()'),
    });
    const late = await own.session();
    await own.dispose();
    await Promise.all([own.dispose(), late.dispose(), late.dispose()]);
  });

  it('is what `await using` calls, of all three', async () => {
    const own = await load(folder, { dtype: 'fp32', threads: 1 });
    for (const open of [() => own.session(), () => own.chat(), async () => own]) {
      await (await open())[Symbol.asyncDispose]();
    }
    await expect(own.session()).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('a cache option beside that of load', () => {
  const planOf = async (cache?: object) => {
    const own = await model.session({ ...(cache !== undefined && { cache }) });
    const { cache: plan } = await own.statistics();
    await own.dispose();
    return plan;
  };

  it('changes it option by option', async () => {
    expect(await planOf()).toMatchObject({ policy: 'treekv', budget: 64, sinks: 2, recent: 30 });
    expect(await planOf({ sinks: 0 })).toMatchObject({ policy: 'treekv', budget: 64, sinks: 0, recent: 32 });
    expect(await planOf({ budget: 32, sinks: undefined })).toMatchObject({
      budget: 32,
      sinks: 2,
      recent: 14,
    });
    expect(await planOf({})).toEqual(model.cache);
  });

  it('stands alone if it names a policy, the same one too', async () => {
    expect(await planOf({ policy: 'h2o' })).toMatchObject({ policy: 'h2o', budget: 1024, sinks: 4 });
    expect(await planOf({ policy: 'treekv', budget: 32 })).toMatchObject({
      budget: 32,
      sinks: 4,
      recent: 12,
    });
    expect(await planOf({ policy: 'full' })).toMatchObject({ policy: 'full', budget: null });
  });

  it('means the same to generate, chat and perplexity', async () => {
    const cache = { sinks: 0 };
    const expected = { policy: 'treekv', budget: 64, sinks: 0 };
    const { statistics } = await model.generate('Once', { cache, max_new_tokens: 1 }).result;
    expect(statistics.cache).toMatchObject(expected);
    const own = await model.chat({ cache });
    expect((await own.statistics()).cache).toMatchObject(expected);
    await own.dispose();
    expect((await model.perplexity('Once upon', { cache })).cache).toMatchObject(expected);
  });

  it('leaves the prefill of load, decided anew for it', async () => {
    const other = await load(folder, {
      ...{ dtype: 'fp32', threads: 1, cache: { budget: 64 }, prefill: { mode: 'full', method: 'snapkv' } },
    });
    const own = await other.session({ cache: { budget: 48 } });
    expect((await own.statistics()).prefill).toMatchObject({ mode: 'full', method: 'snapkv', budget: 48 });
    const chunked = await other.session({ prefill: { mode: 'chunked' } });
    expect((await chunked.statistics()).prefill).toEqual({ mode: 'chunked' });
    await other.dispose();
  });
});
