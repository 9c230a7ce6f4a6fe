// Shows files on their way from a hub, on stderr: a bar a file for a person at a terminal, a line a file in a
// log, and nothing beside a JSON document but warnings, which are always shown.
import type { PullProgress } from '../hub/index.ts';
import { type ProgressBar, progressBar } from './progressBar.ts';
import { canRedraw, note } from './terminal.ts';
import { formatBytes } from './textTable.ts';

/** Shows what a pull tells. */
export interface DownloadDisplay {
  show(progress: PullProgress): void;
  /** Takes the bar away. */
  stop(): void;
}

/** A display that appears when the first file is downloaded. */
export function downloadDisplay(json: boolean): DownloadDisplay {
  let bar: ProgressBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    show(progress) {
      if (progress.status === 'warning') {
        stop();
        note(`treekv: ${progress.message}\n`);
        return;
      }
      const { status, file, loaded, total } = progress;
      if (status === 'download') {
        bar = progressBar(file, 'MiB', json);
        if (!json && !canRedraw(json)) note(`downloading ${file} (${described(loaded, total)})\n`);
      }
      if (status === 'progress') bar?.update(mebibytes(loaded), mebibytes(total));
      if (status === 'done') stop();
    },
  };
}

function described(loaded: number, total: number): string {
  const size = formatBytes(total);
  return loaded === 0 ? size : `${size}, of which ${formatBytes(loaded)} are there`;
}

/** To a tenth, as a bar shows it. */
function mebibytes(bytes: number): number {
  return Math.round((10 * bytes) / 2 ** 20) / 10;
}
