// A generation under way: iterate it for pieces of text, or await its result. The pieces wait for a slow
// reader; leaving the loop early aborts the generation, since nobody can read the rest.
import { requireNotAborted, TreekvError } from '../core/index.ts';
import type { GenerationStatistics } from './results.ts';

/** A finished generation. */
export interface GenerationResult {
  /** All that was written. */
  readonly text: string;
  /** What it took. */
  readonly statistics: GenerationStatistics;
}

/** Starts a generation; `emit` takes pieces, and the signal fires when nobody reads on. */
export type StartGeneration = (
  emit: (piece: string) => void,
  signal: AbortSignal,
) => Promise<GenerationStatistics>;

/** Pieces of text as they are written, and the result. Can be iterated once. */
export class GenerationStream implements AsyncIterable<string> {
  /** Settles when the generation has ended. */
  readonly result: Promise<GenerationResult>;
  private readonly abandoned = new AbortController();
  private pieces: string[] = [];
  private ended = false;
  private iterated = false;
  private wake: () => void = () => undefined;

  /** @internal Made by whatever generates. */
  constructor(start: StartGeneration, signal?: AbortSignal) {
    const signals = signal === undefined ? [] : [signal];
    let text = '';
    const emit = (piece: string): void => {
      text += piece;
      this.pieces.push(piece);
      this.wake();
    };
    this.result = begin(signal, () => start(emit, AbortSignal.any([...signals, this.abandoned.signal])))
      .then((statistics) => ({ text, statistics }))
      .finally(() => {
        this.ended = true;
        this.wake();
      });
    // Who iterates learns of a failure there; an unread `result` must not end the process.
    this.result.catch(() => undefined);
  }

  /** The whole text. */
  async text(): Promise<string> {
    return (await this.result).text;
  }

  /** The pieces, as they are written; throws what ended the generation early, and BAD_OPTION the second time. */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    if (this.iterated) {
      const message =
        'This generation was iterated already, and its pieces are gone; text() gives the whole text.';
      throw new TreekvError('BAD_OPTION', message);
    }
    this.iterated = true;
    return this.read();
  }

  private async *read(): AsyncGenerator<string, void, undefined> {
    try {
      for (;;) {
        const pieces = this.pieces;
        this.pieces = [];
        yield* pieces;
        if (this.pieces.length > 0) continue;
        if (this.ended) break;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      await this.result;
    } finally {
      this.abandoned.abort();
    }
  }
}

/** Begins nothing if the signal has fired already. */
async function begin<Answer>(signal: AbortSignal | undefined, start: () => Promise<Answer>): Promise<Answer> {
  requireNotAborted(signal);
  return start();
}
