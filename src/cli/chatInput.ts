// Where the lines of a chat come from: a person at a terminal, who is prompted and can edit and recall what was
// typed, or a pipe. At a terminal Ctrl-C comes as a key and is passed on as the signal that it is elsewhere.
import { createInterface, type Interface } from 'node:readline';
import { chatHistoryFile, historySize, readChatHistory, writeChatHistory } from './chatHistory.ts';
import { stdinBytes } from './readStdin.ts';
import { splitLines } from './splitLines.ts';
import { note } from './terminal.ts';

/** Lines, one at a time. */
export interface ChatInput {
  /** Whether a person types them. */
  readonly interactive: boolean;
  readonly lines: AsyncIterable<string>;
  /** Ends it; what was typed is remembered. */
  close(): Promise<void>;
}

/** Whether a person types, and sees the prompt. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The lines on stdin. @param signal ends them. @param remember keep what is typed for later chats. */
export async function openChatInput(signal: AbortSignal, remember: boolean): Promise<ChatInput> {
  if (!isInteractive()) return pipedInput(signal);
  const file = await chatHistoryFile();
  const history = remember ? await readChatHistory(file) : [];
  let typed: readonly string[] = history;
  // Answers go to stdout; the prompt and what is typed go where notes go.
  const reader = createInterface({
    ...{ input: process.stdin, output: process.stderr, prompt: '> ', terminal: true },
    ...{ history, historySize, removeHistoryDuplicates: true },
  });
  reader.on('history', (lines) => {
    typed = [...lines];
  });
  const end = (): void => reader.close();
  signal.addEventListener('abort', end, { once: true });
  return {
    interactive: true,
    lines: typedLines(reader, signal),
    async close() {
      signal.removeEventListener('abort', end);
      reader.close();
      if (!remember || typed === history) return;
      await writeChatHistory(file, typed).catch((error: Error) => {
        note(`treekv: what you typed could not be kept for the next chat: ${error.message}\n`);
      });
    },
  };
}

function pipedInput(signal: AbortSignal): ChatInput {
  const lines = splitLines(stdinBytes(signal), 'stdin');
  return { interactive: false, lines, close: async () => void process.stdin.destroy() };
}

async function* typedLines(reader: Interface, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  let asking = false;
  reader.on('SIGINT', () => {
    if (asking && reader.line !== '') {
      // As shells do: the first Ctrl-C takes away what was typed.
      reader.write(null, { ctrl: true, name: 'e' });
      reader.write(null, { ctrl: true, name: 'u' });
      return;
    }
    process.emit('SIGINT', 'SIGINT');
    if (asking && !signal.aborted) reader.prompt();
  });
  const lines = reader[Symbol.asyncIterator]();
  for (;;) {
    asking = true;
    // Keeps what was typed while an answer was written.
    reader.prompt(true);
    const { done, value } = await lines.next();
    asking = false;
    if (done) return;
    yield value;
  }
}
