// What was typed into chats, for the arrow keys: one line each in a file of the cache folder, that only its
// owner may read. It is a comfort: where it cannot be kept, that is said once and the chat goes on.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../core/index.ts';

/** Lines that are remembered. */
export const historySize = 500;

/** The file. */
export async function chatHistoryFile(): Promise<string> {
  const { cacheFolder } = await import('../model/index.ts');
  return join(cacheFolder(), 'chat-history');
}

/** The lines in the file, the latest first as readline wants them; none if there is no such file. */
export async function readChatHistory(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.slice(-historySize).reverse();
}

/** Writes lines, the latest first, over the file's. */
export async function writeChatHistory(file: string, lines: readonly string[]): Promise<void> {
  const text = lines.slice(0, historySize).reverse().join('\n');
  await writeWhole(file, `${text}\n`, { mode: 0o600 });
}
