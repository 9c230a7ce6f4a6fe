// A list of keys and their values, one a line, with one of them asked for, as a prompt of an exact number of tokens.
// The line asked for is the one at depth x number of the other lines (rounded). No key and no value stands in two
// lines. The length is met by exchanging lines for others that have more tokens or fewer.
import { type Random, TreekvError } from '../../core/index.ts';
import { type Line, LinePool, written } from './linePool.ts';
import { type NeedlePrompt, noRoom, type PromptGround, type Spot } from './needlePrompt.ts';
import { keyValueWording } from './needleWording.ts';
import { framed, promptIds, promptLength } from './promptFrame.ts';

/** The rule, as results state it. */
export const keyValuePlacement = 'the line at depth x number of the other lines, rounded';

/** Lists begun, lines of one exchanged, and lines drawn for an exchange, at most. */
const LISTS = 32;
const CORRECTIONS = 16;
const CANDIDATES = 256;

/** Builds a prompt. Throws BAD_OPTION where the length has no room, or more lines than there are keys. */
export function keyValuePrompt(ground: PromptGround, spot: Spot, random: Random): NeedlePrompt {
  for (let lists = 0; lists < LISTS; lists++) {
    const prompt = drawList(ground, spot, random);
    if (prompt !== undefined) return prompt;
  }
  const { length } = spot;
  const message = `No list of exactly ${length} tokens was found. Use another seed, or a length beside it.`;
  throw new TreekvError('BAD_OPTION', message, { length, lists: LISTS });
}

/** A list, or undefined if its length cannot be met, which with few lines may be. */
function drawList(
  { tokenizer, frame, kind, ask }: PromptGround,
  { length, depth }: Spot,
  random: Random,
): NeedlePrompt | undefined {
  const lines = new LinePool(random, kind, (text) => tokenizer.encode(text).length);
  const asked = lines.draw();
  lines.take(asked);
  const { opening, question, lead } = keyValueWording(ask, asked.key);
  const build = (others: readonly Line[]): NeedlePrompt => {
    const place = Math.round(depth * others.length);
    const before = opening + others.slice(0, place).map(written).join('');
    const after = others.slice(place).map(written).join('');
    // Behind a list that goes on stands its next line; a question stands apart.
    const context = before + written(asked) + after + (ask === 'question' ? '\n' : '');
    const share = others.length === 0 ? 0 : place / others.length;
    return {
      ...framed(frame, { context, question, lead }),
      ...{ answer: asked.value, depth: share, at: frame.before.length + before.length },
    };
  };
  const missing = (others: readonly Line[]): number =>
    length - promptLength(promptIds(tokenizer, build(others)));
  const room = missing([]);
  if (room < 0) throw noRoom(length, length - room);
  const others: Line[] = [];
  for (let left = room; left > 0; ) {
    const line = lines.draw();
    left -= line.tokens;
    if (left < 0) break;
    lines.take(line);
    others.push(line);
  }
  for (let tries = 0; tries < CORRECTIONS; tries++) {
    const gap = missing(others);
    if (gap === 0) return build(others);
    close(others, gap, lines);
  }
  return undefined;
}

/** Changes one line so that a list gets `gap` tokens more, or as near to that as the lines drawn allow. */
function close(list: Line[], gap: number, lines: LinePool): void {
  const ofTokens = new Map(list.map(({ tokens }, i) => [tokens, i]));
  for (let i = 0; i < CANDIDATES; i++) {
    const line = lines.draw();
    const other = ofTokens.get(line.tokens - gap);
    if (line.tokens !== gap && other === undefined) continue;
    lines.take(line);
    if (other === undefined || line.tokens === gap) list.push(line);
    else lines.giveBack(list.splice(other, 1, line));
    return;
  }
  if (gap < 0) lines.giveBack(list.splice(-1));
  else {
    const line = lines.draw();
    lines.take(line);
    list.push(line);
  }
}
