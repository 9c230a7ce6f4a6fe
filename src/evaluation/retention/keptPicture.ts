// The picture of what each policy still keeps at the end of a text: a strip a policy, old tokens left. The README's
// picture is one of these.
import type { KeptMap } from './keptMap.ts';
import { type GridPlace, shadePaths } from './shadePaths.ts';
import { heading, ink, picture, smallText, words } from './svg.ts';

const WIDTH = 768;
const [TOP, HEIGHT, GAP] = [56, 34, 14];

/** Cells of a map at most: where a text is longer, a column stands for several tokens. */
export const MOST_CELLS = 512;

/** A policy's map under its name. */
export interface LabelledMap {
  readonly label: string;
  readonly map: KeptMap;
}

/** What is written around maps. */
export interface MapWords {
  /** How the caches were divided. */
  readonly split: string;
  /** Whose share the darkness is: `heads and layers`, say. */
  readonly heads: string;
  /** Tokens of the text. */
  readonly tokens: number;
}

/** The picture. @param strips maps of one row, all of the same columns. */
export function keptPicture(strips: readonly LabelledMap[], { split, heads, tokens }: MapWords): string {
  const left = Math.max(128, ...strips.map(({ label }) => 24 + 8 * label.length));
  const bottom = TOP + strips.length * (HEIGHT + GAP);
  const parts = strips.flatMap(({ label, map }, i) => {
    const top = TOP + i * (HEIGHT + GAP);
    const place: GridPlace = { left, top, cellWidth: WIDTH / map.columns, cellHeight: HEIGHT };
    return [
      `<rect x="${left}" y="${top}" width="${WIDTH}" height="${HEIGHT}" fill="${ink.ground}"/>`,
      `<text x="${left - 12}" y="${top + HEIGHT / 2 + 5}" text-anchor="end">${words(label)}</text>`,
      ...shadePaths(map, place),
    ];
  });
  const ticks = quarters(tokens).map((token) =>
    smallText(left + (token / tokens) * WIDTH, bottom + 14, token),
  );
  return picture(
    {
      width: left + WIDTH + 24,
      height: bottom + 44,
      title: `Which of ${tokens} tokens each cache policy still keeps`,
    },
    [
      ...heading(
        left,
        24,
        `What is still in the cache after ${tokens} tokens`,
        `${split}; darkness: share of ${heads} that keep the token`,
      ),
      ...parts,
      ...ticks,
      smallText(left + WIDTH / 2, bottom + 32, 'token of the text, old to new'),
    ],
  );
}

/** 0, the number, and what divides it in four. */
export function quarters(tokens: number): number[] {
  return [...new Set([0, 1, 2, 3, 4].map((quarter) => Math.round((quarter * tokens) / 4)))];
}
