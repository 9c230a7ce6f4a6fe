// What the numbers of a needle run were measured under, as plain JSON: everything that changes one of them. Two runs
// with equal protocols and weights measure the same.
import type { LocalModel, QueryUse } from '../../generation/index.ts';
import { chatDate } from '../chatMessage.ts';
import { textHash } from '../document.ts';
import { recordSessions, type SessionRecord } from '../sessionRecord.ts';
import type { NamedSession } from '../sessionSpec.ts';
import { neutralSentences } from './filler.ts';
import { keyValuePlacement } from './keyValuePrompt.ts';
import type { NeedleRequest } from './needleRequest.ts';
import { keyValueWording, passkeyNeedle, passkeyWording, type Wording } from './needleWording.ts';
import { passkeyPlacement } from './passkeyPrompt.ts';
import type { PromptFrame } from './promptFrame.ts';
import { intervalsInWords } from './scoreInterval.ts';
import { adjectives, firstNames, nouns, surnames } from './wordLists.ts';

/** What both kinds of run state. */
export interface ReadingProtocol {
  /** The template's text around a message; null without a chat template. */
  readonly chat: { readonly before: string; readonly after: string; readonly date: string } | null;
  /** Where a BOS token was read. */
  readonly bos: string;
  /** Whether the question took part in the compression; null where nothing was compressed at once. */
  readonly query: QueryUse | null;
  /** The same in words. */
  readonly queryInWords: string;
  /** How context and question meet as tokens. */
  readonly seam: string;
  /** Weight type, and the type in which attention is computed. */
  readonly dtype: string;
  /** The caches compared, each with everything decided. */
  readonly policies: readonly SessionRecord[];
}

/** The protocol of a grid. */
export interface NeedleProtocol extends ReadingProtocol, Omit<NeedleRequest, 'sessions' | 'filler' | 'chat'> {
  /** What the needle was hidden in; null for a list of keys and values. */
  readonly filler: { readonly name: string; readonly characters: number; readonly sha256: string } | null;
  /** `{answer}` and `{key}` stand for what is drawn. */
  readonly wording: Wording & { readonly needle: string };
  /** Where the needle was put for a depth. */
  readonly placement: string;
  /** What a length counts. */
  readonly promptLength: string;
  /** What each prompt was drawn from. */
  readonly draws: string;
  /** Hash of the words that answers and keys are drawn from. */
  readonly words: string;
  /** What counts as found. */
  readonly scored: string;
  /** How the intervals are made, and over what. */
  readonly intervals: string;
}

/** The protocol of a grid. */
export async function needleProtocol(
  model: LocalModel,
  frame: PromptFrame,
  request: NeedleRequest,
): Promise<NeedleProtocol> {
  const { sessions, filler: text, chat: _, ...asked } = request;
  const { task, needle, ask } = asked;
  const filler = text ?? { name: 'neutral', text: neutralSentences.join(' ') };
  return {
    ...asked,
    ...(await readingProtocol(model, frame, sessions, request.query)),
    filler:
      task === 'key-value'
        ? null
        : { name: filler.name, characters: filler.text.length, sha256: textHash(filler.text) },
    wording:
      task === 'passkey'
        ? { ...passkeyWording(needle, ask), needle: passkeyNeedle(needle, '{answer}') }
        : { ...keyValueWording(ask, '{key}'), needle: '{key}: {answer}' },
    placement: task === 'passkey' ? passkeyPlacement : keyValuePlacement,
    promptLength: 'exact; everything that is read before the answer, BOS and template included',
    draws: 'each prompt from seed, length, depth and sample alone; the same for every policy',
    words: textHash([surnames, firstNames, adjectives, nouns].join()),
    scored:
      request.score === 'generation'
        ? 'greedy continuation; a hit holds the answer, whatever the case, with no letter or digit beside it; ' +
          'an exact match begins with it, behind white space'
        : "the answer's tokens, each after the true ones before it; a hit is that each is the likeliest; nll is " +
          'the mean over the tokens of an answer, then over answers, float64',
    intervals: intervalsInWords('prompts'),
  };
}

/** The part that runs of both kinds share. */
export async function readingProtocol(
  { tokenizer, weights }: LocalModel,
  { before, after, rendered }: PromptFrame,
  sessions: readonly NamedSession[],
  query: QueryUse | null,
): Promise<ReadingProtocol> {
  const plain = tokenizer.bosId === undefined ? 'none' : 'one in front';
  return {
    chat: rendered ? { before, after, date: chatDate } : null,
    bos: rendered ? "the chat template's" : plain,
    query,
    queryInWords: inWords(query),
    seam: 'context and question are encoded on their own',
    dtype: `weights ${weights.dtype}, softmax float32`,
    policies: await recordSessions(sessions),
  };
}

function inWords(query: QueryUse | null): string {
  if (query === 'aware') {
    return 'inside the compressed prompt; the first token of the answer follows full attention';
  }
  if (query === 'agnostic') return 'read after the compression, in chunks, while the policy evicts';
  return 'read last, in chunks, while the policy evicts';
}
