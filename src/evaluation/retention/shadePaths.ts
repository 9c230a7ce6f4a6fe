// A grid of shares as shades of one colour: one path a shade, cells below each other of the same shade drawn as
// one. The next darker of twelve shades stands for a share, so that what is kept at all can be seen.
import type { KeptMap } from './keptMap.ts';
import { ink, number } from './svg.ts';

const LEVELS = 12;

/** Where a grid lies and how large its cells are. */
export interface GridPlace {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** The paths of a map. */
export function shadePaths({ rows, columns, shares }: KeptMap, place: GridPlace): string[] {
  const { left, top, cellWidth, cellHeight } = place;
  const paths = new Map<number, string[]>();
  const levelOf = (row: number, column: number): number => Math.ceil(shares[row * columns + column] * LEVELS);
  for (let column = 0; column < columns; column++) {
    for (let row = 0, end = 0; row < rows; row = end) {
      const level = levelOf(row, column);
      for (end = row + 1; end < rows && levelOf(end, column) === level; ) end++;
      if (level === 0) continue;
      const path = paths.get(level) ?? [];
      const [x, y] = [number(left + column * cellWidth), number(top + row * cellHeight)];
      path.push(`M${x} ${y}h${number(cellWidth)}v${number((end - row) * cellHeight)}h-${number(cellWidth)}z`);
      paths.set(level, path);
    }
  }
  return [...paths].map(
    ([level, path]) =>
      `<path fill="${ink.kept}" fill-opacity="${(level / LEVELS).toFixed(2)}" d="${path.join('')}"/>`,
  );
}
