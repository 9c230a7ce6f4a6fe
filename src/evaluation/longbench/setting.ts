// What the model's own files decide of a run: which prompts are wrapped in its chat template, and which tokens end an
// answer.
import { ChatTemplate } from '../../chat/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { noChatTemplate } from '../chatMessage.ts';
import { textHash } from '../document.ts';
import type { WritingRules } from '../writeGreedily.ts';
import type { ChatUse } from './longBenchRequest.ts';
import type { Task } from './tasks.ts';

/** The model's side of a run. */
export interface Setting {
  /** The chat template, and the hash of its text; undefined where no prompt is wrapped. */
  readonly chat: { readonly template: ChatTemplate; readonly sha256: string } | undefined;
  wraps(task: Task): boolean;
  /** The token that ends SAMSum's answers; null where that is not run. */
  readonly newlineId: number | null;
  endOf(task: Task): Pick<WritingRules, 'endIds' | 'atLeastOne'>;
}

/** Decides it. Throws UNSUPPORTED or BAD_FILE. */
export async function settle(
  { source, tokenizer, eosIds }: LocalModel,
  tasks: readonly Task[],
  use: ChatUse,
): Promise<Setting> {
  const newlineId = tasks.some(({ endsAtNewline }) => endsAtNewline) ? newlineOf(tokenizer) : null;
  const endOf: Setting['endOf'] = ({ endsAtNewline }) =>
    endsAtNewline && newlineId !== null
      ? { endIds: [...eosIds, newlineId], atLeastOne: true }
      : { endIds: eosIds };
  const wanted = ({ chat }: Task): boolean => use === 'always' || (use === 'auto' && chat);
  const plain = { chat: undefined, wraps: () => false, newlineId, endOf };
  if (!tasks.some(wanted)) return plain;
  const text = await source.readChatTemplate();
  const { file, template } = text;
  if (template !== undefined) {
    const chat = { template: new ChatTemplate({ ...text, template }), sha256: textHash(template) };
    return { chat, wraps: wanted, newlineId, endOf };
  }
  if (use === 'auto') return plain;
  throw noChatTemplate(file);
}

/** As LongBench finds it: the last token of an encoded line feed. */
function newlineOf(tokenizer: LocalModel['tokenizer']): number {
  const id = tokenizer.encode('\n').at(-1);
  if (id !== undefined) return id;
  const message =
    "The model's tokenizer has no token for a line feed, which ends SAMSum's answers; leave samsum out.";
  throw new TreekvError('UNSUPPORTED', message);
}
