// A bar on stderr with the time left, for a person at a terminal; elsewhere it draws nothing.
import { SingleBar } from 'cli-progress';
import { canRedraw } from './terminal.ts';

/** Shows how far some work is. */
export interface ProgressBar {
  update(done: number, total: number): void;
  /** Takes the bar away. */
  stop(): void;
}

/** A bar that appears with its first update. */
export function progressBar(title: string, unit: string, json: boolean): ProgressBar {
  if (!canRedraw(json)) return { update: () => undefined, stop: () => undefined };
  let bar: SingleBar | undefined;
  return {
    update(done, total) {
      if (bar === undefined) {
        bar = new SingleBar({
          format: `${title} {bar} {percentage} % | {value} of {total} ${unit} | {eta_formatted} left`,
          barsize: 24,
          clearOnComplete: true,
          // As many samples as smooth the estimate over steps of very different length.
          etaBuffer: 50,
          gracefulExit: false,
        });
        bar.start(total, 0);
      }
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}
