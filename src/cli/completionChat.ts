// What `treekv chat` does without a model: the one that comes along has no chat template, since it only continues
// texts. A person at a terminal may write a text with it, turn by turn, and is told that this is no assistant and how
// to get one. A script is refused: what it wants to be answered would be continued instead.
import { TreekvError } from '../core/index.ts';

/** What fetches and starts a model that answers: the smallest that is tested. */
const CHAT_COMMAND = 'npx treekv chat HuggingFaceTB/SmolLM2-135M-Instruct';
const SIZE = '270 MB, fetched once';

/** Turns as one text: each of the writer's begins a line, and what the model writes follows it as it is. */
export const completionTemplate =
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' and not loop.first %}{{ '\\n' }}{% endif %}" +
  '{{ m.content }}{% endfor %}';

/** What marks a chat that is none. */
export const completionNotice =
  'This model continues what you write: it is no assistant and answers no questions. For a chat:\n' +
  `  ${CHAT_COMMAND}   (${SIZE})\n`;

/** Throws BAD_OPTION where nobody could see the notice, and for a system message, which would be continued too. */
export function requireCompletable(interactive: boolean, system: string | undefined): void {
  const why = interactive ? undefined : 'it would continue what is piped in, and not answer it';
  const idle = system === undefined ? why : 'it obeys no system message (--system)';
  if (idle === undefined) return;
  const message =
    `The model that comes along only continues texts: ${idle}. Name an instruction-tuned model, whose name often ` +
    `ends in -Instruct, -Chat or -it; ${CHAT_COMMAND} fetches and starts one (${SIZE}). To continue a text, use ` +
    'treekv generate.';
  throw new TreekvError('BAD_OPTION', message, {});
}
