// A prompt as one message of the user's, inside a model's chat template, as experiments that ask something read it.
// Templates that tell the date are told one that never changes, so that a prompt is the same on every day.
import type { ChatTemplate } from '../chat/index.ts';
import { TreekvError } from '../core/index.ts';

/** What templates are told the date is. */
export const chatDate = '2024-07-01';

/** The message as the template writes it, up to where the answer begins. */
export function renderMessage(chat: ChatTemplate, content: string): string {
  const now = new Date(`${chatDate}T00:00:00Z`);
  return chat.render([{ role: 'user', content }], { addGenerationPrompt: true, now });
}

/** For a model that has none, where one was asked for. @param file where it would be */
export function noChatTemplate(file: string): TreekvError {
  const message = `The model has no chat template (${file}): leave --chat out, or load an instruction-tuned model.`;
  return new TreekvError('UNSUPPORTED', message, { file });
}
