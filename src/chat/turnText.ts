// The text that a turn adds to a conversation. A cache of fixed size has dropped most of what was read, so a
// conversation cannot be rendered again from its start: only what is new is read. Templates have no notion of
// "new", so the last answer is rendered as a mark, and what follows the mark is what the model has not read:
// the end of its own turn, the new messages, and the beginning of its next turn.
//
// Not the whole conversation is rendered for it, but the system messages, the last exchange and what is new,
// so that a turn costs the same however long the conversation. That is sound because what a template writes
// behind an answer depends on the system messages and tools, on the messages around that seam, and on which of
// them are last; what came before the last exchange it has written before the mark. An exchange begins with a
// user's message, so rules about who speaks in turn hold in the shortened conversation as in the whole one.
//
// What a template does to old turns (dropping thoughts, trimming, moving the system message to the last
// message) does not matter either: the model goes on from what it has read and written.
import { TreekvError } from '../core/index.ts';
import type { ChatTemplate, RenderOptions } from './chatTemplate.ts';
import type { ChatMessage } from './message.ts';

/** How a turn is rendered. */
export type TurnOptions = Omit<RenderOptions, 'addGenerationPrompt'>;

/**
 * The text to read for new messages.
 * @param earlier the conversation so far; it ends with the assistant's answer, or is empty.
 * @param added the new messages; for a new conversation its system message too.
 * Throws what `render` does, and UNSUPPORTED where the template does not write an answer exactly once.
 */
export function turnText(
  template: ChatTemplate,
  earlier: readonly ChatMessage[],
  added: readonly ChatMessage[],
  options: TurnOptions = {},
): string {
  const answer = earlier.at(-1);
  if (answer === undefined) return template.render(added, { ...options, addGenerationPrompt: true });
  const before = lastExchange(earlier.slice(0, -1));
  const mark = unusedWord([before, added, options.tools, options.variables]);
  const messages = [...before, { ...answer, content: mark }, ...added];
  const [, behind, ...more] = template
    .render(messages, { ...options, addGenerationPrompt: true })
    .split(mark);
  if (behind !== undefined && more.length === 0) return behind;
  const times = behind === undefined ? 'does not write' : 'writes more than once';
  throw new TreekvError(
    'UNSUPPORTED',
    `The chat template of ${template.file} ${times} what the assistant said, so a conversation cannot go on ` +
      'where it is; the option template takes another.',
    { file: template.file },
  );
}

const instructing = ['system', 'developer'];

/** The system messages at the beginning, and everything from the last user's message on. */
function lastExchange(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const opening = messages.findIndex(({ role }) => !instructing.includes(role));
  const last = messages.findLastIndex(({ role }) => role === 'user');
  if (last <= opening) return messages;
  return [...messages.slice(0, opening), ...messages.slice(last)];
}

/** A word that is in none of the values: plain letters, which no template takes for anything else. */
function unusedWord(values: readonly unknown[]): string {
  const text = JSON.stringify(values);
  for (let number = 0; ; number++) {
    const word = `TheAnswer${number}`;
    if (!text.includes(word)) return word;
  }
}
