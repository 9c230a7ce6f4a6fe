// What a conversation reads, token by token: the same as if it were rendered and encoded at once, whatever ended
// the answers. The model runs in this thread, so that every step can be watched; its answers are noise.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenerateOptions } from 'treekv';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatTemplate } from '../src/chat/index.ts';
import { NativeGate } from '../src/core/index.ts';
import { Batch } from '../src/generation/batch.ts';
import type { Chat as LocalChat } from '../src/generation/chat.ts';
import { Chats } from '../src/generation/chats.ts';
import { planGeneration } from '../src/generation/generateOptions.ts';
import { Runtime } from '../src/generation/runtime.ts';
import type { SessionPlan } from '../src/generation/sessionPlan.ts';
import type { WorkerClient } from '../src/generation/workerClient.ts';
import { openTokenizer, type TextTokenizer } from '../src/model/index.ts';
import { planCache } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { chatML, chatTokens, writeTinyChatFolder } from './support/tinyChatFolder.ts';

const place = useTemporaryCache();
const noise: GenerateOptions = { do_sample: true, top_k: 0, max_new_tokens: 400 };
// BOS, EOS and the three of ChatML: with all of them ending a text, an answer has ordinary characters only
const { start, end, endOfText } = chatTokens;
const allSpecial = [0, 1, start, end, endOfText];

describe('the tokens that a chat reads', () => {
  /** A chat beside its model, in this thread, and everything that it reads. @param onRead before each step. */
  async function recorded(folder: string, onRead: () => void = () => undefined) {
    const runtime = new Runtime(new NativeGate());
    const call = async (method: keyof Runtime, takes: never, signal?: AbortSignal, tell?: () => void) =>
      (runtime[method] as (takes: never, context: object) => unknown).call(runtime, takes, {
        signal: signal ?? new AbortController().signal,
        tell: tell ?? (() => undefined),
      });
    const client = { call } as unknown as Pick<WorkerClient, 'call'>;
    await client.call('load', { path: folder, dtype: 'fp32', threads: 1 });
    const read: number[] = [];
    const step = Batch.prototype.step;
    vi.spyOn(Batch.prototype, 'step').mockImplementation(function (this: Batch, rows) {
      for (const { ids } of rows) read.push(...ids);
      onRead();
      return step.call(this, rows);
    });
    const plan: SessionPlan = {
      cache: await planCache({ policy: 'full' }),
      prefill_chunk_size: 7,
      prefill: { mode: 'chunked' },
    };
    const chat = await new Chats(client).open({ system: 'Be terse.' }, plan);
    return { chat, client, read, plan, dispose: () => runtime.dispose() };
  }

  afterEach(() => void vi.restoreAllMocks());

  let tokenizer: TextTokenizer;

  beforeAll(async () => {
    tokenizer = await openTokenizer(await writeTinyChatFolder(join(place.folder, 'tokenizer')));
  });
  const template = new ChatTemplate({
    file: 'chatml',
    template: chatML,
    named: new Map(),
    tokens: { bos_token: '<bos>' },
  });

  /** The conversation rendered and encoded at once. */
  const whole = (chat: LocalChat): number[] => [...tokenizer.encode(template.render(chat.messages))];

  it('are those of the whole conversation rendered at once', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const { chat, read, dispose } = await recorded(folder);
    for (const [turn, message] of ['Hello', '', 'a {{ b }}\n<tag>', 'Bye'].entries()) {
      const { statistics } = await chat.send(message, { ...noise, seed: turn }).result;
      expect(statistics.finish_reason).toBe('stop');
      // The end of the answer waits: the next turn writes it as the template does, with a newline behind.
      expect(read).toEqual(whole(chat).slice(0, -2));
      expect(statistics.tokensSeen).toBe(read.length + 1);
    }
    expect(read[0]).toBe(0);
    expect(read.filter((id) => id === 0)).toHaveLength(1);
    await dispose();
  });

  it('have the end of an answer that was cut at max_new_tokens', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const { chat, read, dispose } = await recorded(folder);
    const finishes = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const { statistics } = await chat.send('Go on', { ...noise, max_new_tokens: 8, seed }).result;
      const waiting = statistics.finish_reason === 'length' ? 3 : 2;
      expect(read).toEqual(whole(chat).slice(0, -waiting));
      finishes.add(statistics.finish_reason);
    }
    expect(finishes).toEqual(new Set(['length', 'stop']));
    await dispose();
  });

  it('have the stop text that ended an answer, and then its end', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'endless'), []);
    const { chat, read, dispose } = await recorded(folder);
    const stop = [...'abcdefghijklmnopqrstuvwxyz'];
    const { text, statistics } = await chat.send('Hello', { ...noise, stop, seed: 1 }).result;
    expect(statistics.finish_reason).toBe('stop');
    expect(text).not.toMatch(/[a-z]/);
    const before = read.length;
    await chat.send('Sure?', { ...noise, max_new_tokens: 1, seed: 1 }).result;
    expect(stop).toContain(tokenizer.decode([read[before]]));
    const turn = '<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n';
    expect(read.slice(before + 1)).toEqual([...tokenizer.encode(turn)]);
    await dispose();
  });

  const endings: readonly (readonly [string, GenerateOptions])[] = [
    ['a stop text', { stop: ['<bos>', '<eos>', '<|im_start|>', '<|im_end|>', '<|endoftext|>'] }],
    ['an end of text', { eos_token_id: allSpecial }],
  ];
  it.each(endings)('end at a special token that is given as %s, and have it once', async (_name, ending) => {
    const folder = await writeTinyChatFolder(join(place.folder, 'endless'), []);
    const { chat, read, dispose } = await recorded(folder);
    const { statistics } = await chat.send('Hello', { ...noise, ...ending, seed: 3 }).result;
    expect(statistics.finish_reason).toBe('stop');
    expect(read).toEqual(whole(chat).slice(0, -2));
    await chat.send('Sure?', { ...noise, max_new_tokens: 1, seed: 1 }).result;
    expect(read.join(' ')).not.toContain(`${end} ${end}`);
    await dispose();
  });

  it('end at the token that only the tokenizer calls its end', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'named'), []);
    const config = { eos_token: '<|im_end|>', chat_template: chatML, bos_token: '<bos>' };
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    const { chat, dispose } = await recorded(folder);
    const { statistics } = await chat.send('Hello', { ...noise, max_new_tokens: 4000, seed: 3 }).result;
    expect(statistics.finish_reason).toBe('stop');
    await dispose();
  });

  it('go on past the model’s own end of text where none is asked for', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const { chat, dispose } = await recorded(folder);
    const options = { ...noise, eos_token_id: [], max_new_tokens: 300, seed: 3 };
    expect((await chat.send('Hello', options).result).statistics).toMatchObject({
      finish_reason: 'length',
      completion_tokens: 300,
    });
    await dispose();
  });

  it('have the template’s end of an answer instead of another end-of-text token that the model wrote', async () => {
    const others = allSpecial.filter((id) => id !== end);
    const folder = await writeTinyChatFolder(join(place.folder, 'others'), others);
    const { chat, read, dispose } = await recorded(folder);
    await chat.send('Hello', { ...noise, seed: 3, max_new_tokens: 1 }).result;
    const before = read.length;
    for (let seed = 0; seed < 6; seed++) await chat.send('More', { ...noise, seed }).result;
    const after = read.slice(before);
    // BOS is never written by the template again, and a start only behind an end and a newline
    for (const id of [0, 1, endOfText]) expect(after).not.toContain(id);
    for (const [i, id] of after.entries()) {
      if (id === start) expect(after.slice(i - 2, i)).toEqual([end, chatTokens.newline]);
    }
    await dispose();
  });

  it('have what an aborted answer left unread, and then its end', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const { chat, read, dispose } = await recorded(folder);
    const controller = new AbortController();
    const pieces: string[] = [];
    const listen = async (): Promise<void> => {
      for await (const piece of chat.send('Hello', { ...noise, seed: 9, signal: controller.signal })) {
        pieces.push(piece);
        if (pieces.length === 4) controller.abort();
      }
    };
    await expect(listen()).rejects.toMatchObject({ code: 'ABORTED' });
    const [, , answer] = chat.messages;
    expect(answer.content).toHaveLength(pieces.length);
    await chat.send('Go on', { ...noise, seed: 1 }).result;
    expect(read).toEqual(whole(chat).slice(0, -2));
    await dispose();
  });

  it('are all read by the next turn if the reading was aborted', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const controller = new AbortController();
    const { chat, read, dispose } = await recorded(folder, () => controller.abort());
    const sending = chat.send('A long message. '.repeat(50), { ...noise, signal: controller.signal }).result;
    await expect(sending).rejects.toMatchObject({ code: 'ABORTED' });
    expect(read.length).toBeLessThan(600);
    await chat.send('Go on', { ...noise, seed: 1 }).result;
    expect(chat.messages[2]).toEqual({ role: 'assistant', content: '' });
    expect(read).toEqual(whole(chat).slice(0, -2));
    await dispose();
  });

  it('have an end-of-text token that a session went on from', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'all'), allSpecial);
    const { client, plan, read, dispose } = await recorded(folder);
    const session = await client.call('open', { plan });
    const write = (max_new_tokens: number, text?: string) =>
      client.call('generate', {
        ...{ session, plan: planGeneration({ ...noise, seed: 1, max_new_tokens }) },
        ...(text !== undefined && { prompt: { text, rendered: true } }),
      });
    expect(await write(400, 'Hello')).toMatchObject({ finish_reason: 'stop' });
    expect(await write(1)).toMatchObject({ finish_reason: 'length' });
    expect(allSpecial).toContain(read.at(-1));
    const before = read.length;
    await write(1, 'Go');
    expect(read.slice(before + 1)).toEqual([...tokenizer.encode('Go')]);
    await dispose();
  });

  it('begin with BOS only if the template writes it', async () => {
    const folder = await writeTinyChatFolder(join(place.folder, 'bare'), allSpecial, chatML.slice(15));
    const { chat, read, dispose } = await recorded(folder);
    await chat.send('Hello', { ...noise, max_new_tokens: 1 }).result;
    expect(read.slice(0, 2)).toEqual([start, tokenizer.encode('s')[0]]);
    await dispose();
  });
});
