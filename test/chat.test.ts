// Chats of the library: their messages, and how they go on after answers that were cut or aborted, after
// snapshots, forks and resets. On a tiny random model whose answers are noise. The tokens that a chat reads are
// in chatTokens.test.ts.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Chat, type GenerateOptions, load, type Model } from 'treekv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { chatML, chatTokens, writeTinyChatFolder } from './support/tinyChatFolder.ts';

const place = useTemporaryCache();
const bounded = { budget: 48, sinks: 2, recent: 16 };
const noise: GenerateOptions = { do_sample: true, top_k: 0, max_new_tokens: 400 };
// BOS, EOS and the three of ChatML: with all of them ending a text, an answer has ordinary characters only
const { start, end, endOfText } = chatTokens;
const allSpecial = [0, 1, start, end, endOfText];

describe('a chat', () => {
  let folder = '';
  let model: Model;
  const say = async (chat: Chat, text: string, seed?: number): Promise<string> =>
    chat.send(text, { ...noise, max_new_tokens: 30, ...(seed !== undefined && { seed }) }).text();

  beforeAll(async () => {
    folder = await writeTinyChatFolder(join(place.folder, 'model'), allSpecial);
    model = await load(folder, { dtype: 'fp32', threads: 1, cache: bounded });
  });

  afterAll(() => model.dispose());

  it('keeps its messages, the system message first', async () => {
    const chat = await model.chat({ system: 'Be terse.' });
    expect(chat.messages).toEqual([]);
    const answer = await say(chat, 'Hello', 1);
    expect(chat.messages).toEqual([
      { role: 'system', content: 'Be terse.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: answer },
    ]);
  });

  it('stays at its budget, in the same bytes, for 50 turns', async () => {
    const chat = await model.chat();
    for (let turn = 0; turn < 10; turn++) await say(chat, `Turn ${turn}`, turn);
    const early = await chat.statistics();
    for (let turn = 10; turn < 50; turn++) await say(chat, `Turn ${turn}`, turn);
    const late = await chat.statistics();
    expect(early.entriesKept).toEqual([48, 48]);
    expect(late).toMatchObject({ entriesKept: [48, 48], cacheBytes: early.cacheBytes });
    expect(late.tokensSeen).toBeGreaterThan(50 * 30);
    expect(chat.messages).toHaveLength(100);
  });

  it('under full attention keeps everything', async () => {
    const chat = await model.chat({ cache: { policy: 'full' } });
    for (let turn = 0; turn < 4; turn++) await say(chat, `Turn ${turn}`, turn);
    const { tokensSeen, entriesKept } = await chat.statistics();
    expect(entriesKept).toEqual([tokensSeen - 1, tokensSeen - 1]);
  });

  it('takes messages of any role, and earlier turns in the first call', async () => {
    const chat = await model.chat();
    await chat.send(
      [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'Well?' },
      ],
      { max_new_tokens: 1 },
    ).result;
    await chat.send({ role: 'tool', content: '42', tool_call_id: 'a' }, { max_new_tokens: 1 }).result;
    expect(chat.messages.map(({ role }) => role).join(' ')).toBe(
      'user assistant user assistant tool assistant',
    );
    expect(chat.messages[4]).toEqual({ role: 'tool', content: '42', tool_call_id: 'a' });
  });

  it('answers messages that are sent at once one after the other', async () => {
    const [together, apart] = [await model.chat(), await model.chat()];
    const texts = await Promise.all([say(together, 'One', 1), say(together, 'Two', 2)]);
    expect(texts).toEqual([await say(apart, 'One', 1), await say(apart, 'Two', 2)]);
    expect(together.messages).toEqual(apart.messages);
  });

  it('goes on after an abort in mid-answer', async () => {
    const endless = await load(await writeTinyChatFolder(join(place.folder, 'endless'), []), { threads: 1 });
    const chat = await endless.chat();
    const stream = chat.send('Hello', { ...noise, seed: 2, max_new_tokens: 100_000 });
    let heard = '';
    for await (const piece of stream) {
      heard += piece;
      break;
    }
    await expect(stream.result).rejects.toMatchObject({ code: 'ABORTED' });
    expect(String(chat.messages[1].content).startsWith(heard)).toBe(true);
    await say(chat, 'Go on', 1);
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    await endless.dispose();
  });

  it('is as it was after a signal that fired before', async () => {
    const chat = await model.chat();
    const signal = AbortSignal.abort();
    await expect(chat.send('Hello', { signal }).result).rejects.toMatchObject({ code: 'ABORTED' });
    expect(chat.messages).toEqual([]);
    expect((await chat.statistics()).tokensSeen).toBe(0);
  });

  it('refuses tools and variables that its template does not read, before it begins', async () => {
    const tools = [{ type: 'function', function: { name: 'now' } }];
    for (const [option, value] of Object.entries({ tools, template_variables: { enable_thinking: false } })) {
      await expect(model.chat({ [option]: value })).rejects.toMatchObject({
        code: 'BAD_OPTION',
        details: { option },
      });
    }
  });

  it('goes on from a snapshot exactly, in another instance of the model', async () => {
    const tools = [{ type: 'function', function: { name: 'now' } }];
    const template = `{{ tools | tojson }}${chatML}`;
    const chat = await model.chat({ system: 'Be terse.', tools, template });
    await say(chat, 'Hello', 1);
    const snapshot = await chat.snapshot();
    const other = await load(folder, { dtype: 'fp32', threads: 1 });
    const again = await other.chat({ snapshot });
    expect(again.messages).toEqual(chat.messages);
    expect(await again.statistics()).toEqual(await chat.statistics());
    for (const text of ['And then?', 'And after that?'])
      expect(await say(again, text)).toBe(await say(chat, text));
    expect(again.messages).toEqual(chat.messages);
    await again.reset();
    await chat.reset();
    expect(await say(again, 'Hello', 4)).toBe(await say(chat, 'Hello', 4));
    await other.dispose();
  });

  it('takes a snapshot behind the calls before it, an end that waits to be read among it', async () => {
    const chat = await model.chat();
    const answer = chat.send('Hello', { ...noise, seed: 1 }).result;
    const restored = await model.chat({ snapshot: await chat.snapshot() });
    expect(restored.messages).toHaveLength(2);
    expect((await answer).statistics.finish_reason).toBe('stop');
    expect(restored.messages[1].content).toBe((await answer).text);
    const [one, other] = [chat, restored].map((it) => it.send('On', { ...noise, seed: 2 }).result);
    expect((await other).text).toBe((await one).text);
    expect((await other).statistics.tokensSeen).toBe((await one).statistics.tokensSeen);
  });

  it('and its fork go on alike with one seed, and leave each other alone', async () => {
    const chat = await model.chat({ system: 'Be terse.' });
    await say(chat, 'Hello', 1);
    const fork = await chat.fork();
    expect(await say(fork, 'Well?', 2)).toBe(await say(chat, 'Well?', 2));
    await say(fork, 'Something else', 3);
    expect(chat.messages).toHaveLength(5);
    expect(fork.messages).toHaveLength(7);
  });

  it('begins anew after reset, with its system message', async () => {
    const [chat, fresh] = [await model.chat({ system: 'S' }), await model.chat({ system: 'S' })];
    await say(chat, 'Hello', 1);
    await chat.reset();
    expect(chat.messages).toEqual([]);
    expect((await chat.statistics()).tokensSeen).toBe(0);
    expect(await say(chat, 'Again', 2)).toBe(await say(fresh, 'Again', 2));
    expect(chat.messages).toEqual(fresh.messages);
  });

  it('gives its tools and variables to the template', async () => {
    const template = '{{ tools[0].name }}{{ mood }}{% for m in messages %}{{ m.content }}|{% endfor %}';
    const chat = await model.chat({
      tools: [{ name: 'now' }],
      template,
      template_variables: { mood: 'glad' },
    });
    const { statistics } = await chat.send('Hello', { max_new_tokens: 1 }).result;
    expect(statistics.prompt_tokens).toBe('nowgladHello|'.length);
  });

  it('takes the template of a file, which a snapshot keeps', async () => {
    const file = join(place.folder, 'own.jinja');
    await writeFile(file, '{% for m in messages %}[{{ m.content }}]{% endfor %}');
    const chat = await model.chat({ template: pathToFileURL(file) });
    expect((await chat.send('Hello', { max_new_tokens: 1 }).result).statistics.prompt_tokens).toBe(7);
    await writeFile(file, '{% if');
    const restored = await model.chat({ snapshot: await chat.snapshot() });
    await restored.send('Hello', { max_new_tokens: 1 }).result;
    await expect(model.chat({ template: pathToFileURL(file) })).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining(file),
    });
  });

  it('is as it was where the template refuses a message', async () => {
    const template =
      "{% for m in messages %}{% if m.role == 'pope' %}{{ raise_exception('No popes') }}{% endif %}" +
      '[{{ m.content }}]{% endfor %}';
    const chat = await model.chat({ template });
    await chat.send('Hello', { max_new_tokens: 1 }).result;
    const [before, { tokensSeen }] = [chat.messages, await chat.statistics()];
    await expect(chat.send({ role: 'pope', content: 'x' }).result).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('No popes'),
    });
    expect(chat.messages).toEqual(before);
    expect((await chat.statistics()).tokensSeen).toBe(tokensSeen);
  });

  it('is DISPOSED when disposed, and the model stays usable', async () => {
    const chat = await model.chat();
    await chat.dispose();
    await expect(chat.send('Hello').result).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(chat.messages).toEqual([]);
    await expect(model.chat()).resolves.toBeDefined();
  });

  it.each([
    ['an unknown option', { sytem: 'x' }, /Did you mean 'system'/],
    ['a system message that is no text', { system: 7 }, /'system' must be a text/],
    ['tools that are no list', { tools: {} }, /'tools' must be a list/],
    ['tools that are not data', { tools: [{ run: () => 1 }] }, /'tools' must be plain data/],
    ['a template from the network', { template: new URL('https://example.org/t') }, /file: URL/],
    ['variables that are no object', { template_variables: [] }, /'template_variables' must be an object/],
    ['options beside a snapshot', { snapshot: new Uint8Array(), system: 'x' }, /'system'/],
  ])('refuses %s', async (_, options, message) => {
    await expect(model.chat(options as object)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['no messages', [], { code: 'EMPTY_INPUT' }],
    ['a message without a role', [{ content: 'x' }], { code: 'BAD_OPTION' }],
    ['a message that is none', ['x'], { code: 'BAD_OPTION' }],
    ['the assistant’s own message last', { role: 'assistant', content: 'x' }, { code: 'BAD_OPTION' }],
  ])('refuses to send %s at once', async (_, input, error) => {
    const chat = await model.chat();
    expect(() => chat.send(input as never)).toThrow(expect.objectContaining(error));
    expect(() => chat.send('x', { temperature: 2 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(chat.messages).toEqual([]);
  });

  it('is not made of a session’s snapshot, but a session can be made of a chat’s', async () => {
    const session = await model.session();
    await session.append('Hello');
    await expect(model.chat({ snapshot: await session.snapshot() })).rejects.toMatchObject({
      code: 'BAD_SNAPSHOT',
      message: expect.stringContaining('model.session'),
    });
    const chat = await model.chat();
    await say(chat, 'Hello', 1);
    const opened = await model.session({ snapshot: await chat.snapshot() });
    expect(await opened.statistics()).toEqual(await chat.statistics());
  });

  it('of a base model is UNSUPPORTED and names the way out; with a template it is one', async () => {
    const base = await load(await writeTinyChatFolder(join(place.folder, 'base'), [end], null), {
      dtype: 'fp32',
      threads: 1,
    });
    await expect(base.chat()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/no chat template.*option template/),
    });
    const chat = await base.chat({ template: chatML });
    const { statistics } = await chat.send('Hi', { max_new_tokens: 1 }).result;
    // the special tokens are the model's
    const turns = '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n';
    const specials = turns.match(/<.*?>/g) ?? [];
    expect(statistics.prompt_tokens).toBe(1 + specials.length + turns.replace(/<.*?>/g, '').length);
    await base.dispose();
  });
});
