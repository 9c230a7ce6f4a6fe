// Shows readings on stderr while they change: a table redrawn in place for a person at a terminal wide
// enough, else a line per policy at every tenth of the text.
import { readingLines, readingTable } from './readingTable.ts';
import type { Reading } from './readingTracker.ts';
import { canRedraw, note, terminalWidth } from './terminal.ts';

/** A display of readings. */
export interface LiveReadings {
  show(readings: readonly Reading[]): void;
  /** Takes the table away; lines stay. */
  stop(): void;
}

/** Milliseconds between two drawings. */
const INTERVAL = 150;

/** A display for these policies. */
export function liveReadings(policies: readonly string[], json: boolean): LiveReadings {
  if (json) return { show: () => undefined, stop: () => undefined };
  const lines = readingLines(policies);
  const width = lines.heading.indexOf('\n');
  return canRedraw(json) && terminalWidth() > width ? redrawn() : logged(lines);
}

function redrawn(): LiveReadings {
  let height = 0;
  let drawn = 0;
  // Up to the first line of what was drawn, and clear from there on.
  const clear = (): string => (height === 0 ? '' : `\u001b[${height}A\u001b[J`);
  return {
    show(readings) {
      const now = performance.now();
      if (now - drawn < INTERVAL) return;
      const text = `${readingTable(readings)}\n`;
      note(clear() + text);
      height = text.split('\n').length - 1;
      drawn = now;
    },
    stop() {
      note(clear());
      height = 0;
    },
  };
}

function logged(lines: ReturnType<typeof readingLines>): LiveReadings {
  const tenths = new Map<string, number>();
  return {
    show(readings) {
      for (const reading of readings) {
        const before = tenths.get(reading.policy) ?? 0;
        const tenth = Math.floor((10 * reading.tokens) / Math.max(1, reading.total));
        if (tenth === before) continue;
        if (tenths.size === 0) note(`${lines.heading}\n`);
        tenths.set(reading.policy, tenth);
        note(`${lines.line(reading)}\n`);
      }
    },
    stop: () => note('\n'),
  };
}
