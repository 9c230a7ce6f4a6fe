// Traces on their own: the file that a run leaves behind, and the result that such a file comes to without a model.
// It has the numbers and pictures of what is kept, and no attention loss, which needs attention.
import { ResumableRun, type RunOptions } from '../../report/index.ts';
import { type AboutRun, requireAboutRun } from './aboutRun.ts';
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
  const { about, traces } = decodeTraces<unknown>(bytes, file);
  const { model, protocol: ran } = requireAboutRun(about, traces, file);
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
