// The prompts of a grid, each from a stream of random numbers of its own: seed, length, depth and sample decide it, and
// nothing else of the grid does.
import { hashUnit, Random } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { neutralText, openFiller } from './filler.ts';
import { keyValuePrompt } from './keyValuePrompt.ts';
import type { NeedlePrompt, Spot } from './needlePrompt.ts';
import type { NeedleRequest } from './needleRequest.ts';
import { passkeyPrompt } from './passkeyPrompt.ts';
import type { PromptFrame } from './promptFrame.ts';

/** What builds a grid's prompts. It throws BAD_OPTION where a length cannot be met. */
export function promptBuilder(
  { tokenizer }: Pick<LocalModel, 'tokenizer'>,
  frame: PromptFrame,
  { task, needle: kind, ask, seed, filler: text }: NeedleRequest,
): (spot: Spot, sample: number) => NeedlePrompt {
  const ground = { tokenizer, frame, kind, ask };
  // Counters are 32 bits: a depth is told apart to a millionth.
  const randomOf = ({ length, depth }: Spot, sample: number): Random =>
    new Random(Math.floor(hashUnit(seed, length, Math.round(1e6 * depth), sample) * 2 ** 32));
  if (task === 'key-value') return (spot, sample) => keyValuePrompt(ground, spot, randomOf(spot, sample));
  const given = text === null ? undefined : openFiller(text.text, tokenizer);
  return (spot, sample) => {
    // A neutral text is as long as its prompt needs it, whatever other lengths the grid has.
    const filler = given ?? openFiller(neutralText(spot.length), tokenizer);
    return passkeyPrompt(ground, filler, spot, randomOf(spot, sample));
  };
}
