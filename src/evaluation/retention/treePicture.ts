// The picture of a tree of merges (the paper's Figure 3): tokens across, steps down. A token is a line from the step
// that reads it to the step that evicts it; under TreeKV its line then runs into that of its neighbour, which grows
// as thick as the number of tokens that it stands for. Policies without a walk show lines that end.
import { type MergeTree, type TreeEntry, type TreeStep, tokenNumber } from './mergeTree.ts';
import { heading, headingWidth, ink, number, picture, smallText } from './svg.ts';

const [LEFT, RIGHT, TOP, BOTTOM] = [64, 40, 84, 72];
/** Width of a picture's tokens, if they are few enough not to be crowded. */
const ROOM = 640;

/** The picture, one tree below the other. */
export function treePicture(trees: readonly MergeTree[]): string {
  const parts: string[] = [];
  let top = 0;
  let width = 0;
  for (const tree of trees) {
    const step = Math.max(14, Math.min(36, ROOM / tree.steps.length));
    parts.push(...draw(tree, step, top));
    top += TOP + (tree.steps.length + 0.5) * step + BOTTOM;
    const inside = Math.max(tree.steps.length * step, headingWidth(...headingOf(tree)));
    width = Math.max(width, LEFT + inside + RIGHT);
  }
  const [{ steps }] = trees;
  const title = `What one head keeps, token by token, of ${steps.length} tokens`;
  return picture({ width, height: top, title }, parts);
}

function draw(tree: MergeTree, step: number, above: number): string[] {
  const { steps, end } = tree;
  const at: Place = {
    x: (token) => LEFT + (token + 0.5) * step,
    y: (token) => above + TOP + (token + 0.5) * step,
    step,
  };
  const bottom = above + TOP + (steps.length + 0.5) * step;
  return [
    ...heading(LEFT, above + 28, ...headingOf(tree)),
    ...steps.flatMap((one) => scopeBand(one, at)),
    ...steps.flatMap((one, i) => lines(one, steps[i + 1]?.before ?? end, at)),
    ...steps.flatMap((one) => marks(one, at)),
    ...end.flatMap((entry) => foot(entry, bottom, at)),
    `<text x="${LEFT}" y="${number(bottom + 44)}" class="small">${
      isTree(tree) ? 'kept at the end, and below it the tokens that an entry stands for' : 'kept at the end'
    }</text>`,
  ];
}

/** Title and subtitle. */
function headingOf(tree: MergeTree): [string, string] {
  const { policy, budget, layer, head } = tree;
  const kept = budget === null ? 'all entries' : `${budget} entries`;
  const legend = isTree(tree)
    ? 'band: scope; cross: leaves; thicker: stands for more tokens'
    : 'cross: leaves';
  return [
    `${policy} keeps ${kept}: layer ${layer}, KV head ${head}`,
    `steps down, tokens across, counted from 1: step t reads token t; ${legend}`,
  ];
}

function isTree({ steps }: MergeTree): boolean {
  return steps.some(({ scope }) => scope !== null);
}

interface Place {
  readonly x: (token: number) => number;
  readonly y: (token: number) => number;
  /** Pixels of a token and of a step. */
  readonly step: number;
}

function scopeBand({ token, scope }: TreeStep, { x, y, step }: Place): string[] {
  if (scope === null) return [];
  const [older, newer] = scope.map(x);
  const radius = 0.36 * step;
  return [
    `<rect x="${number(older - radius)}" y="${number(y(token) - radius)}" width="${number(newer - older + 2 * radius)}" height="${number(2 * radius)}" rx="${number(radius)}" fill="${ink.scope}"/>`,
  ];
}

/** Each line down to the next step, and that of what left into its neighbour's. */
function lines(
  { token, scope, left }: TreeStep,
  after: readonly TreeEntry[],
  { x, y, step }: Place,
): string[] {
  const [from, to] = [number(y(token)), number(y(token) + step)];
  const stroke = (entry: TreeEntry): string =>
    `fill="none" stroke="${ink.kept}" stroke-width="${number(1.2 + 1.4 * Math.log2(entry.to - entry.from + 1))}"`;
  const parts = after
    .filter((entry) => entry.token <= token)
    .map((entry) => `<path ${stroke(entry)} d="M${number(x(entry.token))} ${from}V${to}"/>`);
  const winner = scope?.find((one) => one !== left);
  const into = after.find((entry) => entry.token === winner);
  if (left !== null && into !== undefined) {
    const middle = number(y(token) + 0.6 * step);
    parts.push(
      `<path ${stroke(into)} stroke-opacity="0.55" d="M${number(x(left))} ${from}C${number(x(left))} ${middle} ${number(x(into.token))} ${from} ${number(x(into.token))} ${to}"/>`,
    );
  }
  return parts;
}

/** The cache's content as dots, what left as a cross, the step's number. */
function marks({ token, before, left }: TreeStep, { x, y, step }: Place): string[] {
  const size = Math.min(5, 0.2 * step);
  const row = number(y(token));
  const dots = before
    .filter((entry) => entry.token !== left)
    .map(
      (entry) =>
        `<circle cx="${number(x(entry.token))}" cy="${row}" r="${number(size * 0.7)}" fill="${ink.kept}"/>`,
    );
  const cross =
    left === null
      ? []
      : [
          `<path stroke="${ink.left}" stroke-width="2" d="M${number(x(left) - size)} ${number(y(token) - size)}l${number(2 * size)} ${number(2 * size)}m0 -${number(2 * size)}l-${number(2 * size)} ${number(2 * size)}"/>`,
        ];
  return [
    `<text x="${LEFT - 10}" y="${number(y(token) + 4)}" text-anchor="end" class="small">${tokenNumber(token)}</text>`,
    ...dots,
    ...cross,
    `<text x="${number(x(token) + 0.5 * step)}" y="${number(y(token) - 0.2 * step)}" class="small">${tokenNumber(token)}</text>`,
  ];
}

/** What an entry stands for at the end. */
function foot({ token, from, to }: TreeEntry, y: number, { x, step }: Place): string[] {
  const parts = [smallText(x(token), y + 12, tokenNumber(token))];
  if (from === to) return parts;
  const [begin, end] = [x(from) - 0.35 * step, x(to) + 0.35 * step];
  parts.push(
    `<path fill="none" stroke="${ink.quiet}" d="M${number(begin)} ${number(y + 18)}v4H${number(end)}v-4"/>`,
  );
  return parts;
}
