// Traces on their own: the file that a run leaves behind, and the result that such a file comes to without a model.
// It has the numbers and pictures of what is kept, and no attention loss, which needs attention.
import { TreekvError } from '../../core/index.ts';
import { type ModelCard, ResumableRun, type RunOptions } from '../../report/index.ts';
import { retentionUnit } from './evaluateRetention.ts';
import { requireView } from './retentionProtocol.ts';
import {
  type RetentionProtocol,
  type RetentionResult,
  type RetentionUnit,
  type RetentionView,
  tracesOf,
} from './retentionResult.ts';
import { summariseRetention } from './retentionSummary.ts';
import { decodeTraces, encodeTraces } from './traceFile.ts';

/** What a trace file says of its run. */
interface AboutRun {
  readonly model: ModelCard;
  readonly protocol: RetentionProtocol;
}

/** The traces of a result's first text as a file. */
export function traceFileOf(result: RetentionResult): Uint8Array {
  const { model, protocol } = result;
  return encodeTraces<AboutRun>({ about: { model, protocol }, traces: tracesOf(result) });
}

/**
 * The result of a trace file. Throws BAD_FILE, BAD_OPTION, or what the result's file does.
 * @param file names the bytes in errors.
 * @param view @default that of the run
 */
export async function replayRetention(
  bytes: Uint8Array,
  file: string,
  options: RunOptions & { readonly view?: Partial<RetentionView> } = {},
): Promise<RetentionResult> {
  const { about, traces } = decodeTraces<Partial<AboutRun> | null>(bytes, file);
  const { model, protocol: ran } = about ?? {};
  if (model === undefined || ran?.protocol !== 'retention' || traces.length === 0) {
    const message = `${file} holds ${traces.length} traces, and no word of the run that they are of.`;
    throw new TreekvError('BAD_FILE', message, { file, traces: traces.length });
  }
  const view = { ...ran.view, ...options.view };
  const [{ tokens, heads, layers }] = traces;
  requireView(view, { layers: layers.length, heads, tokens });
  const [text] = ran.texts;
  const protocol: RetentionProtocol = { ...ran, texts: [text], view, loss: null };
  const head = { kind: 'retention', model, protocol };
  const run = await ResumableRun.open<RetentionProtocol, RetentionUnit>(head, options);
  const units = traces.map((trace) => retentionUnit(text.name, trace, null, protocol, true));
  const missing = units.filter(({ key }) => !run.has(key));
  if (missing.length > 0) await run.add(...missing);
  return run.finish((all) => summariseRetention(all, protocol));
}
