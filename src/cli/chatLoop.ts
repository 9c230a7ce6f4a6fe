// A conversation at the command line: takes lines, writes answers to stdout and everything else to stderr. It
// knows neither terminals nor pipes; Ctrl-C reaches it as `interrupt`.
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { requireFree, TreekvError, writeWhole } from '../core/index.ts';
import type { Chat, GenerateOptions, GenerationStatistics, Model } from '../generation/index.ts';
import { type ChatLine, chatHelp, parseChatLine } from './chatLine.ts';
import { chatStatistics } from './chatStatistics.ts';
import { answer, note } from './terminal.ts';
import { formatCount } from './textTable.ts';

/** How a conversation is held. */
export interface ChatLoopOptions {
  /** How answers are written; the seed begins a conversation and is not given again. */
  readonly writing: GenerateOptions;
  /** A person reads: errors of a line are told and the conversation goes on. In a pipe they end it. */
  readonly interactive: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

type Command = Extract<ChatLine, { readonly kind: 'command' }>;

/** One conversation after another, until it is left. */
export class ChatLoop {
  private readonly model: Model;
  private readonly options: ChatLoopOptions;
  private chat: Chat;
  private begun = false;
  private last: GenerationStatistics | undefined;
  private answering: AbortController | undefined;
  private warned = false;

  constructor(model: Model, chat: Chat, options: ChatLoopOptions) {
    this.model = model;
    this.chat = chat;
    this.options = options;
  }

  /** Takes lines until there are no more, or one says to leave. */
  async run(lines: AsyncIterable<string>): Promise<void> {
    const { interactive, signal } = this.options;
    for await (const line of lines) {
      this.warned = false;
      try {
        if (await this.take(parseChatLine(line))) return;
      } catch (error) {
        if (!interactive || signal.aborted || !(error instanceof TreekvError)) throw error;
        note(`treekv: ${error.message}\n`);
      }
    }
  }

  /** Ctrl-C: ends the answer, else warns, else is not dealt with: the second one in a row leaves. */
  interrupt(): boolean {
    if (this.answering !== undefined && !this.answering.signal.aborted) {
      this.answering.abort();
      return true;
    }
    if (this.warned) return false;
    this.warned = true;
    note('\nCtrl-C again leaves; so do /exit and Ctrl-D.\n');
    return true;
  }

  /** Does what a line says; true to leave. */
  private async take(line: ChatLine): Promise<boolean> {
    if (line.kind === 'command') return this.command(line);
    if (line.kind === 'message') await this.answer(line.text);
    return false;
  }

  private async answer(text: string): Promise<void> {
    const { writing, signal } = this.options;
    const { seed, ...unseeded } = writing;
    const controller = new AbortController();
    this.answering = controller;
    let written = '\n';
    try {
      const options = this.begun ? unseeded : writing;
      const stream = this.chat.send(text, {
        ...options,
        signal: AbortSignal.any([signal, controller.signal]),
      });
      for await (const piece of stream) {
        answer(piece);
        written = piece;
      }
      this.last = (await stream.result).statistics;
      this.begun = true;
    } catch (error) {
      const stopped = error instanceof TreekvError && error.code === 'ABORTED' && !signal.aborted;
      if (!stopped) throw error;
      this.begun = true;
      this.last = undefined;
    } finally {
      this.answering = undefined;
      if (!written.endsWith('\n')) answer('\n');
    }
    if (controller.signal.aborted) note('(stopped)\n');
    else if (this.last?.finish_reason === 'length') {
      note(`(cut at ${formatCount(this.last.completion_tokens)} tokens; --max-new-tokens allows more)\n`);
    }
  }

  private async command({ name, argument, force }: Command): Promise<boolean> {
    if (name === 'help') note(chatHelp());
    else if (name === 'stats') {
      note(chatStatistics(await this.chat.statistics(), this.model.config, this.last));
    } else if (name === 'reset') await this.reset();
    else if (name === 'save') await this.save(argument, force);
    else if (name === 'load') await this.load(argument);
    return name === 'exit';
  }

  private async reset(): Promise<void> {
    await this.chat.reset();
    this.begun = false;
    this.last = undefined;
    note('A new conversation.\n');
  }

  /** Over an earlier save of this conversation, or over any file if forced; whole or not at all. */
  private async save(file: string, force: boolean): Promise<void> {
    const folder = dirname(file);
    if ((await stat(folder).catch(() => undefined)) === undefined) {
      const message = `The folder ${folder} does not exist; make it, or name a file elsewhere.`;
      throw new TreekvError('WRITE_FAILED', message, { file, folder });
    }
    // Here and not above: what reads snapshots loads the engine, which --help does without.
    const { isEarlierSave } = await import('../generation/index.ts');
    const held = { messages: this.chat.messages, fingerprint: this.model.fingerprint };
    if (!force && !(await isEarlierSave(file, held))) {
      const way = `It is no earlier save of this conversation; /save --force ${file} replaces it.`;
      await requireFree([file], way);
    }
    await writeWhole(file, await this.chat.snapshot());
    note(`Saved in ${file}: ${await this.described()}.\n`);
  }

  private async load(file: string): Promise<void> {
    const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
      const message = `${file} cannot be read (${cause.code}); /load takes a file that /save wrote.`;
      throw new TreekvError('FILE_NOT_FOUND', message, { file }, { cause });
    });
    const loaded = await this.model.chat({ snapshot: bytes });
    await this.chat.dispose();
    this.chat = loaded;
    this.begun = true;
    this.last = undefined;
    note(`Loaded ${file}: ${await this.described()}.\n`);
  }

  private async described(): Promise<string> {
    const { tokensSeen } = await this.chat.statistics();
    return `${formatCount(this.chat.messages.length)} messages, ${formatCount(tokensSeen)} tokens`;
  }
}
