// Texts under several caches: each pair is a row of `score`, and rows that suit each other step together. It
// turns texts into tokens and figures back into the order asked for; the loop itself is `score`'s.
import { TreekvError } from '../core/index.ts';
import { peakRssBytes } from './cacheMeter.ts';
import { groupRows } from './groupRows.ts';
import type { LocalModel } from './localModel.ts';
import type { ScoreAnswer, ScoredText, ScoreRequest } from './protocol.ts';
import { type ScoreProgress, type ScoreResult, type ScoreRow, score } from './score.ts';
import { requireRunInWindow } from './slidingWindow.ts';

/** Scores every text under every cache. Throws EMPTY_INPUT, ABORTED, or UNSUPPORTED as `score` does. */
export async function scoreTexts(
  model: LocalModel,
  request: ScoreRequest,
  signal: AbortSignal,
  tell: (progress: ScoreProgress) => void,
): Promise<ScoreAnswer> {
  const { tokenizer, engine } = model;
  const texts = request.texts.map((text, index) => {
    const all = tokenizer.withBos(tokenizer.encode(text));
    const bos = tokenizer.bosId !== undefined;
    const available = all.length - 1;
    if (available < 1) {
      throw new TreekvError('EMPTY_INPUT', `Text ${index + 1} has no token to score.`, { text: index });
    }
    const n = Math.min(available, request.limit ?? Infinity);
    return {
      tokens: bos ? available : all.length,
      bos,
      ids: all.subarray(0, n),
      targets: all.subarray(1, n + 1),
    };
  });
  const rows: ScoreRow[] = texts.flatMap(({ ids, targets }) =>
    request.plans.map((plan) => ({ ids, targets, plan })),
  );
  // `score` checks too, but a later group must not fail after hours spent on an earlier one
  for (const { ids, plan } of rows) {
    const reading = { chunk: request.chunk, tokens: ids.length };
    requireRunInWindow(engine.config.slidingWindow, plan, reading);
  }
  const results: ScoreResult[] = new Array(rows.length);
  const total = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  const sums = new Array<number>(rows.length).fill(0);
  const counts = new Array<number>(rows.length).fill(0);
  const rowBytes = new Array<number>(rows.length).fill(0);
  const times = { engine: 0, host: 0, steps: 0 };
  let done = 0;
  let cacheBytes = 0;
  for (const group of groupRows(rows, { config: engine.config, chunk: request.chunk })) {
    const onProgress = (progress: ScoreProgress): void => {
      for (const [i, row] of group.entries()) {
        sums[row] = progress.sums[i];
        counts[row] = progress.counts[i];
        rowBytes[row] = progress.rowBytes[i];
      }
      tell({ ...progress, done: done + progress.done, total, sums, counts, rowBytes });
    };
    const scored = await score(
      engine,
      group.map((row) => rows[row]),
      { chunk: request.chunk, signal, onProgress },
    );
    for (const [i, row] of group.entries()) {
      results[row] = scored.results[i];
      done += rows[row].ids.length;
    }
    times.engine += scored.times.engine;
    times.host += scored.times.host;
    times.steps += scored.times.steps;
    cacheBytes = Math.max(cacheBytes, scored.cacheBytes);
  }
  const perText = request.plans.length;
  const answers: ScoredText[] = texts.map(({ tokens, bos }, i) => ({
    tokens,
    bos,
    results: results.slice(i * perText, (i + 1) * perText),
  }));
  return { texts: answers, times, cacheBytes, peakRssBytes: peakRssBytes() };
}
