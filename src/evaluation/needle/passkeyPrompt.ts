// A pass key hidden in a text, as a prompt of an exact number of tokens. The needle goes where a sentence ends, at
// the end nearest to depth x length of the text in characters (of two as near, the earlier); the text's beginning
// counts as such an end. It is never split, and its answer stands nowhere else in the prompt.
import { type Random, TreekvError } from '../../core/index.ts';
import { holds } from './answerScores.ts';
import { drawAnswer } from './drawNeedle.ts';
import { type Filler, fitStretch, type Stretch } from './filler.ts';
import { type NeedlePrompt, noRoom, type PromptGround, type Spot } from './needlePrompt.ts';
import { passkeyNeedle, passkeyWording } from './needleWording.ts';
import { framed, type PromptText, promptIds, promptLength } from './promptFrame.ts';

/** The rule, as results state it. */
export const passkeyPlacement =
  'at the sentence end nearest to depth x length of the text in characters, the earlier of two; the ' +
  'beginning of the text counts as one; the stretch of text ends with a sentence and begins with a word';

const TRIES = 64;

/** Builds a prompt. Throws BAD_OPTION where the length has no room, or the filler is too short. */
export function passkeyPrompt(
  { tokenizer, frame, kind, ask }: PromptGround,
  filler: Filler,
  { length, depth }: Spot,
  random: Random,
): NeedlePrompt {
  const { opening, question, lead } = passkeyWording(kind, ask);
  const tokens = (part: string): number => tokenizer.encode(part).length;
  const build = (answer: string, { text, places }: Stretch): NeedlePrompt => {
    const place = nearest(places, depth * text.length);
    const needle = passkeyNeedle(kind, answer);
    const before = opening + text.slice(0, place) + (place === 0 ? '' : ' ');
    const context = `${before}${needle}${place === 0 ? ' ' : ''}${text.slice(place)}\n\n`;
    const share = text.length === 0 ? 0 : place / text.length;
    return {
      ...framed(frame, { context, question, lead }),
      ...{ answer, depth: share, at: frame.before.length + before.length },
    };
  };
  const count = (prompt: PromptText): number => promptLength(promptIds(tokenizer, prompt));
  const around = count(build(drawAnswer(random, kind), { text: '', places: [0] }));
  const room = length - around;
  if (room < 1) throw noRoom(length, around);
  // A tenth more than the guess: the text may have longer words where it is cut.
  const earliest = room * filler.charactersPerToken * 1.1;
  if (filler.ends.length === 0) throw noEnds(filler);
  const first = filler.ends.findIndex((end) => end >= earliest);
  if (first < 0) throw tooShort(filler, length, room);
  for (let tries = 0; tries < TRIES; tries++) {
    const end = filler.ends[first + Math.floor(random.next() * (filler.ends.length - first))];
    const answer = drawAnswer(random, kind);
    const stretch = fitStretch(filler, end, room, (one) => count(build(answer, one)) - around, tokens);
    if (stretch === undefined || holds(opening + stretch.text + question + lead, answer)) continue;
    return build(answer, stretch);
  }
  const message =
    `No stretch of the filler makes a prompt of exactly ${length} tokens without naming the answer elsewhere. Use ` +
    'another filler, another seed, or a length beside it.';
  throw new TreekvError('BAD_OPTION', message, { length, tries: TRIES });
}

function noEnds({ text }: Filler): TreekvError {
  const message =
    `The filler (${text.length} characters) has no sentence that ends: a needle goes behind a full stop, an ` +
    'exclamation or a question mark with white space after it. Give a text with sentences, or use the neutral one.';
  return new TreekvError('BAD_OPTION', message, { characters: text.length });
}

function tooShort({ text, charactersPerToken }: Filler, length: number, room: number): TreekvError {
  const has = Math.floor(text.length / charactersPerToken);
  const message =
    `The filler has about ${has} tokens, and a prompt of ${length} needs ${room} and a tenth to choose from. Give ` +
    'a longer text as filler, or use the neutral one.';
  return new TreekvError('BAD_OPTION', message, { length, filler: has, needed: room });
}

/** The place nearest to a target; of two as near, the earlier. @param places ascending, at least one. */
function nearest(places: readonly number[], target: number): number {
  let best = places[0];
  for (const place of places) if (Math.abs(place - target) < Math.abs(best - target)) best = place;
  return best;
}
