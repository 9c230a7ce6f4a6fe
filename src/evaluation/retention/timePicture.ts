// The picture of what each policy keeps while it reads (the paper's Figure 1): a panel a policy, steps down, tokens
// across. What is kept for long is a long line down; a policy that thins evenly fades to the left.
import { type LabelledMap, type MapWords, quarters } from './keptPicture.ts';
import { shadePaths } from './shadePaths.ts';
import { heading, headingWidth, ink, number, picture, smallText, words } from './svg.ts';

const SIDE = 512;
const [LEFT, TOP, GAP_ACROSS, GAP_DOWN] = [64, 84, 64, 76];
const PANELS_ACROSS = 3;

/** Rows and columns of a panel at most. */
export const MOST_TIME_CELLS = 512;

/** The picture. @param panels square maps. */
export function timePicture(panels: readonly LabelledMap[], { split, heads, tokens }: MapWords): string {
  const across = Math.min(PANELS_ACROSS, panels.length);
  const down = Math.ceil(panels.length / PANELS_ACROSS);
  const parts = panels.flatMap(({ label, map }, i) => {
    const left = LEFT + (i % PANELS_ACROSS) * (SIDE + GAP_ACROSS);
    const top = TOP + Math.floor(i / PANELS_ACROSS) * (SIDE + GAP_DOWN);
    const cell = SIDE / map.columns;
    const at = (token: number): number => (token / tokens) * SIDE;
    return [
      `<text x="${left}" y="${top - 8}">${words(label)}</text>`,
      `<rect x="${left}" y="${top}" width="${SIDE}" height="${SIDE}" fill="${ink.ground}"/>`,
      `<g shape-rendering="crispEdges">`,
      ...shadePaths(map, { left, top, cellWidth: cell, cellHeight: cell }),
      '</g>',
      ...quarters(tokens).flatMap((token) => [
        smallText(left + at(token), top + SIDE + 16, token),
        `<text x="${left - 8}" y="${number(top + at(token) + 4)}" text-anchor="end" class="small">${token}</text>`,
      ]),
      smallText(left + SIDE / 2, top + SIDE + 34, 'token of the text'),
    ];
  });
  const title = `What is in the cache after each of ${tokens} tokens: steps down, tokens across`;
  const subtitle = `${split}; darkness: share of ${heads} that keep the token`;
  const panelsWidth = across * (SIDE + GAP_ACROSS) - GAP_ACROSS;
  return picture(
    {
      width: LEFT + Math.max(panelsWidth, headingWidth(title, subtitle)) + 32,
      height: TOP + down * (SIDE + GAP_DOWN) - 28,
      title: `Which tokens each cache policy keeps while it reads ${tokens}`,
    },
    [...heading(LEFT, 24, title, subtitle), ...parts],
  );
}
