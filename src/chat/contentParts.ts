// Message content that is given as a list of parts, as OpenAI's API spells it. Parts of text are understood; a picture
// or a sound is refused by name, since no model here could read it. Whether a template takes parts itself is not its
// business.
import { TreekvError } from '../core/index.ts';
import type { ChatMessage } from './message.ts';

/** Throws BAD_OPTION, with the index of the message, for content with a part that is not { type: 'text', text }. */
export function checkContentParts(messages: readonly ChatMessage[]): void {
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    for (const [part, value] of content.entries()) {
      if (isTextPart(value)) continue;
      const type: unknown = (value as { type?: unknown } | null)?.type;
      const what = typeof type === 'string' ? `of type '${type}'` : 'without a type';
      throw new TreekvError(
        'BAD_OPTION',
        `Message ${index}: part ${part} of its content is ${what}, and treekv reads text only. ` +
          "Leave it out, or give { type: 'text', text: '...' }.",
        { index, part, ...(typeof type === 'string' && { type }) },
      );
    }
  }
}

/** The messages with parts joined into one text, a line each. */
export function joinContentParts(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => {
    if (!Array.isArray(message.content)) return message;
    return { ...message, content: message.content.map(({ text }) => String(text)).join('\n') };
  });
}

/** Whether the content of a message is a list of parts. */
export function hasContentParts({ content }: ChatMessage): boolean {
  return Array.isArray(content);
}

function isTextPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { type, text } = part as Readonly<Record<string, unknown>>;
  return type === 'text' && typeof text === 'string';
}
