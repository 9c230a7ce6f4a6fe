// Whether a file may be replaced by a chat's snapshot without a loss: where it holds an earlier part of the very same
// conversation. It looks at what the file says of itself; damage behind that makes it no more worth keeping.
import { isDeepStrictEqual } from 'node:util';
import type { ChatMessage } from '../chat/index.ts';
import { safetensorsMetadata } from '../model/index.ts';
import type { ChatState } from './chat.ts';
import { snapshotKind } from './snapshot.ts';

/** A conversation, and the weights that it was held with. */
export interface HeldChat {
  readonly messages: readonly ChatMessage[];
  readonly fingerprint: string;
}

/** Whether the file is a snapshot of this conversation, at this or an earlier moment. */
export async function isEarlierSave(file: string, { messages, fingerprint }: HeldChat): Promise<boolean> {
  const { format, model, chat } = (await safetensorsMetadata(file)) ?? {};
  if (format !== snapshotKind.format || model !== fingerprint || chat === undefined) return false;
  const saved = messagesOf(chat);
  return saved !== undefined && isDeepStrictEqual(saved, messages.slice(0, saved.length));
}

function messagesOf(chat: string): readonly ChatMessage[] | undefined {
  try {
    const { messages } = JSON.parse(chat) as Partial<ChatState>;
    return Array.isArray(messages) ? messages : undefined;
  } catch {
    return undefined;
  }
}
