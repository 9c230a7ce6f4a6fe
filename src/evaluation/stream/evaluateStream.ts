// The paper's Figure 4: documents joined to a stream of any length, read through caches that are never reset, and how
// well each predicts what comes. Memory and time per token are measured beside it, so that the result itself shows
// whether they stay flat. A run with an output may be killed at any moment: it goes on from its last state, the
// buckets behind that are cut off and measured anew, and every sum comes out the same to the last bit.
import { integerOption, removeLeftovers, TreekvError } from '../../core/index.ts';
import { type LocalModel, requireRunInWindow } from '../../generation/index.ts';
import { type Result, ResumableRun, type RunHead, type RunOptions } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import { BucketMeter, emptyBucket, type StreamBucket } from './bucketMeter.ts';
import { collectGarbage } from './collectGarbage.ts';
import { type JoinedDocuments, joinDocuments } from './joinDocuments.ts';
import { requireMemory } from './requireMemory.ts';
import { SaveClock } from './saveClock.ts';
import { type StreamProtocol, type StreamRequest, streamProtocol, streamSettings } from './streamProtocol.ts';
import { StreamReader } from './streamReader.ts';
import {
  loadState,
  removeState,
  requireNoForeignState,
  type StreamState,
  saveState,
  stateFile,
} from './streamState.ts';
import { type StreamSummary, summariseStream } from './streamSummary.ts';

/** How a stream goes, and where its result does; a state lies beside it until the run ends. */
export interface StreamOptions extends RunOptions {
  /** Tokens between two saved states. @default by time: at most 1 % of it, and every 30 seconds at most */
  readonly saveEvery?: number;
  /** Ends the run with `ABORTED`; it can be resumed. @default none */
  readonly signal?: AbortSignal;
  /** Called after each step, with the tokens read and to be read. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What a stream came to. */
export type StreamResult = Result<StreamProtocol, StreamBucket, StreamSummary>;

type StreamRun = ResumableRun<StreamProtocol, StreamBucket>;

/**
 * Reads the stream.
 * Throws BAD_OPTION, EMPTY_INPUT, UNSUPPORTED, BAD_FILE, BAD_SNAPSHOT, WRITE_FAILED or ABORTED.
 */
export async function evaluateStream(
  model: LocalModel,
  request: StreamRequest,
  options: StreamOptions = {},
): Promise<StreamResult> {
  requireExperiment(
    'evaluateStream',
    model,
    request,
    { documents: isGivenList, policies: isGivenList },
    options,
  );
  const settings = streamSettings(request);
  const { policies } = request;
  const { config } = model.engine;
  const { output, resume = false, force = false, saveEvery, signal } = options;
  requireSaveable(saveEvery, output);
  const text = await joinDocuments(model.tokenizer, request.documents, request.tokens, signal);
  const { tokens } = text;
  for (const { plan } of policies) {
    requireRunInWindow(config.slidingWindow, plan, { chunk: settings.chunk, tokens });
  }
  requireMemory(config, policies, tokens);

  const protocol = await streamProtocol(model, text, policies, settings);
  const head: RunHead<StreamProtocol> = { kind: 'stream', model: modelCard(model), protocol };
  const file = output === undefined ? undefined : stateFile(output);
  if (file !== undefined && !resume && !force) await requireNoForeignState(file);
  const run: StreamRun = await ResumableRun.open(head, options);
  const summarise = (units: readonly StreamBucket[]): StreamSummary => summariseStream(protocol, units);
  if (run.units.length < Math.ceil(tokens / protocol.bucket)) {
    const state = file === undefined ? undefined : await earlierState(file, run, resume);
    await read(model, run, text, { state, file, saveEvery, options });
  }
  const result = await run.finish(summarise);
  if (file !== undefined) await removeState(file);
  return result;
}

/** The state to go on from; the result is cut back to it. */
async function earlierState(file: string, run: StreamRun, resume: boolean): Promise<StreamState | undefined> {
  if (!resume) {
    await removeState(file);
    return undefined;
  }
  await removeLeftovers(file);
  const state = await loadState(file, run.head);
  const buckets = state === undefined ? 0 : Math.floor(state.position / run.head.protocol.bucket);
  if (buckets > run.units.length) {
    const message =
      `${file} stands at token ${state?.position}, but the result beside it ends ${buckets - run.units.length} ` +
      'buckets before: they are not of one run. Delete the state to begin anew.';
    throw new TreekvError('BAD_SNAPSHOT', message, { file, buckets, units: run.units.length });
  }
  run.cutBack(buckets);
  return state;
}

interface Reading {
  readonly state: StreamState | undefined;
  readonly file: string | undefined;
  readonly saveEvery: number | undefined;
  readonly options: StreamOptions;
}

/** A state lies beside a result, so without one there is nothing to save. */
function requireSaveable(saveEvery: number | undefined, output: string | undefined): void {
  if (saveEvery === undefined) return;
  integerOption('Stream', 'saveEvery', saveEvery, 1);
  if (output !== undefined) return;
  const message = 'States are saved beside a result (--save-every): name one with --output, or leave it out.';
  throw new TreekvError('BAD_OPTION', message, { saveEvery });
}

/** Reads from the state to the end. */
async function read(
  { engine }: LocalModel,
  run: StreamRun,
  { ids, targets, tokens }: JoinedDocuments,
  { state, file, saveEvery, options: { signal, onProgress } }: Reading,
): Promise<void> {
  const { policies, batches, chunk, bucket: size } = run.head.protocol;
  const plans = policies.map(({ cache }) => cache);
  const reader = await StreamReader.open(engine, plans, chunk, state?.caches);
  const begun = state?.bucket ?? emptyBucket(policies.length, batches.length);
  const restarts = state === undefined ? 0 : state.bucket.measured.restarts + 1;
  const meter = new BucketMeter({ size, total: tokens }, begun, restarts);
  const clock = new SaveClock(saveEvery, reader.position);
  collectGarbage();
  try {
    while (reader.position < tokens) {
      const from = reader.position;
      if (signal?.aborted) {
        throw new TreekvError('ABORTED', `The stream was aborted after ${from} of ${tokens} tokens.`, {
          done: from,
          total: tokens,
        });
      }
      const to = from + reader.nextLength(tokens - from);
      const following = targets.subarray(from, to);
      await reader.step(ids.subarray(from, to), following);
      const { nll, milliseconds, cacheBytes } = reader;
      const rssBytes = process.memoryUsage.rss();
      const completed = meter.take({ targets: following, nll, milliseconds, cacheBytes, rssBytes });
      // Before the state, so that the result is never behind it.
      if (completed.length > 0) await run.add(...completed);
      if (file !== undefined && clock.due(reader.position)) {
        const { position } = reader;
        const now: StreamState = { position, bucket: meter.open, caches: await reader.contents() };
        await clock.save(position, () => saveState(file, run.head, now));
      }
      onProgress?.({ done: reader.position, total: tokens });
    }
  } finally {
    reader.dispose();
  }
}
