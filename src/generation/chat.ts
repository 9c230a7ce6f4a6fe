// A conversation over a cache of fixed size, as the library's user holds it. A turn reads only what is new
// (chat/turnText.ts), so it costs the same however long the conversation, which never ends for lack of room.
// The messages are kept as plain text for the user to see; the model goes on from its cache, not from them.
import { type ChatMessage, type ChatTemplate, turnText } from '../chat/index.ts';
import { TreekvError } from '../core/index.ts';
import { type ChatPlan, newMessages } from './chatOptions.ts';
import { type GenerateOptions, type GeneratePlan, planGeneration } from './generateOptions.ts';
import { GenerationStream } from './generationStream.ts';
import type { CacheStatistics, GenerationStatistics } from './results.ts';
import type { SessionPlan } from './sessionPlan.ts';
import { closeSession, type WorkerClient } from './workerClient.ts';

/** What a chat knows beside the session that it reads into; plain values, as a snapshot keeps them. */
export interface ChatState {
  readonly plan: ChatPlan;
  /** The conversation, its system message included; ends with the assistant's answer, or is empty. */
  readonly messages: readonly ChatMessage[];
}

/** What a chat stands on. */
export interface ChatGround {
  /** The model's thread. */
  readonly client: Pick<WorkerClient, 'call'>;
  readonly template: ChatTemplate;
  /** For the session that `reset` opens. */
  readonly sessionPlan: SessionPlan;
}

/** A conversation. Its calls wait for each other. */
export class Chat {
  private readonly ground: ChatGround;
  private readonly plan: ChatPlan;
  private readonly conversation: ChatMessage[];
  private session: number;
  private last: Promise<unknown> = Promise.resolve();
  private ended: Promise<void> | undefined;

  /** @internal Made by `model.chat()`. */
  constructor(ground: ChatGround, session: number, { plan, messages }: ChatState) {
    this.ground = ground;
    this.session = session;
    this.plan = plan;
    this.conversation = [...messages];
  }

  /** The conversation so far, the system message included. An answer that was cut off is in it as it was cut. */
  get messages(): readonly ChatMessage[] {
    return structuredClone(this.conversation);
  }

  /**
   * Reads a text of the user's, or messages (for instance a tool's result), and writes the answer.
   * Throws BAD_OPTION and EMPTY_INPUT at once; BAD_OPTION where the template refuses the messages, UNSUPPORTED,
   * ABORTED and DISPOSED when read. An abort before the reading began leaves the conversation as it was; after
   * that, the messages and what was written of the answer are part of it, and it goes on from there.
   */
  send(
    input: string | ChatMessage | readonly ChatMessage[],
    options: GenerateOptions = {},
  ): GenerationStream {
    const plan = planGeneration(options);
    const added = newMessages(input);
    return new GenerationStream(
      (emit, signal) => this.inTurn(() => this.answer(added, plan, emit, signal)),
      options.signal,
    );
  }

  /** What the cache holds. */
  statistics(): Promise<CacheStatistics> {
    return this.inTurn(() => this.ground.client.call('statistics', { session: this.session }));
  }

  /** The chat as bytes (safetensors), for `model.chat({ snapshot })`. */
  snapshot(): Promise<Uint8Array> {
    return this.inTurn(() => {
      const state: ChatState = { plan: this.plan, messages: this.conversation };
      return this.ground.client.call('snapshot', { session: this.session, chat: JSON.stringify(state) });
    });
  }

  /** A second chat with the same conversation and cache; from here on they differ. */
  fork(): Promise<Chat> {
    return this.inTurn(async () => {
      const session = await this.ground.client.call('fork', { session: this.session });
      return new Chat(this.ground, session, { plan: this.plan, messages: this.messages });
    });
  }

  /** Begins anew, with the same options. */
  reset(): Promise<void> {
    return this.inTurn(async () => {
      const session = await this.ground.client.call('open', { plan: this.ground.sessionPlan });
      await this.ground.client.call('close', { session: this.session });
      this.session = session;
      this.conversation.length = 0;
    });
  }

  /** Frees the cache, once the calls before it have ended; again, it does nothing more. */
  dispose(): Promise<void> {
    this.ended ??= this.inTurn(() => closeSession(this.ground.client, this.session));
    return this.ended;
  }

  /** `dispose()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async answer(
    sent: readonly ChatMessage[],
    plan: GeneratePlan,
    emit: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<GenerationStatistics> {
    if (signal.aborted) {
      throw new TreekvError('ABORTED', 'Aborted before anything was read; the conversation is as it was.');
    }
    const { system, tools, variables } = this.plan;
    const before = this.conversation.length;
    const opening = before === 0 && system !== undefined ? [{ role: 'system', content: system }] : [];
    const added = [...opening, ...sent];
    const text = turnText(this.ground.template, this.conversation, added, {
      ...(tools !== undefined && { tools }),
      ...(variables !== undefined && { variables }),
    });
    this.conversation.push(...added);
    let content = '';
    const write = (piece: string): void => {
      content += piece;
      emit(piece);
    };
    try {
      const takes = { session: this.session, plan, prompt: { text, rendered: true } };
      const statistics = await this.ground.client.call('generate', takes, signal, write);
      this.conversation.push({ role: 'assistant', content });
      return statistics;
    } catch (error) {
      if (error instanceof TreekvError && error.code === 'ABORTED') {
        this.conversation.push({ role: 'assistant', content });
      } else {
        this.conversation.length = before;
      }
      throw error;
    }
  }

  /** Runs a call once those before it have ended, however they ended. */
  private inTurn<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.ended !== undefined) {
      const message = 'The chat was disposed; open another with model.chat().';
      return Promise.reject(new TreekvError('DISPOSED', message));
    }
    const answer = this.last.then(call);
    this.last = answer.catch(() => undefined);
    return answer;
  }
}
