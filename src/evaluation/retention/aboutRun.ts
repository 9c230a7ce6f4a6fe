// What a trace file says of the run that it is of: a replay makes a whole result of it, so each word of it must be
// there and agree with the traces. A right checksum says that a file is as it was written, not that treekv wrote it.
import { isDeepStrictEqual } from 'node:util';
import { TreekvError } from '../../core/index.ts';
import type { ModelCard } from '../../report/index.ts';
import type { RetentionProtocol } from './retentionResult.ts';
import type { Trace } from './trace.ts';

/** Which model ran, and under which protocol. */
export interface AboutRun {
  readonly model: ModelCard;
  readonly protocol: RetentionProtocol;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(check);
/** An object that has these fields; it may have more. */
const has =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const isCard = has({
  ...{ when: isText, score: isText, sharing: isText, group: isText, positions: isText, order: isText },
  entriesVisible: orNull(isNumber(1)),
});

const modelFields: Readonly<Record<keyof ModelCard, Check>> = {
  ...{ name: isText, fingerprint: isText, dtype: isText },
  trainedContext: isNumber(1),
};

const protocolFields: Readonly<Record<keyof RetentionProtocol, Check>> = {
  protocol: (value) => value === 'retention',
  ...{ textOrder: isText, bos: isText, stride: isText, dtype: isText },
  ...{ chunk: isNumber(1), tokens: isNumber(1), ageBin: isNumber(1) },
  texts: isListOf(has({ name: isText, sha256: isText })),
  policies: isListOf(has({ name: isText, cache: isObject, card: isCard })),
  view: has({
    layer: orNull(isNumber(0)),
    tree: orNull(has({ layer: isNumber(0), head: isNumber(0) })),
  }),
  loss: orNull(isText),
};

/** What the file says, if it says all and its traces agree. Throws BAD_FILE. @param file names it in errors. */
export function requireAboutRun(about: unknown, traces: readonly Trace[], file: string): AboutRun {
  for (const [part, fields] of Object.entries({ model: modelFields, protocol: protocolFields })) {
    const found = isObject(about) ? about[part] : undefined;
    for (const [name, check] of Object.entries(fields)) {
      const value = isObject(found) ? found[name] : undefined;
      if (check(value)) continue;
      const what = value === undefined ? 'is not said' : 'is not of its kind';
      throw notOfARun(file, `${part}.${name} of the run that it is of ${what}`, { field: `${part}.${name}` });
    }
  }
  const run = about as AboutRun;
  requireAgreement(run.protocol, traces, file);
  return run;
}

function requireAgreement(
  { policies, tokens }: RetentionProtocol,
  traces: readonly Trace[],
  file: string,
): void {
  if (policies.length !== traces.length) {
    const counts = { policies: policies.length, traces: traces.length };
    throw notOfARun(
      file,
      `its run had ${policies.length} policies, and it holds ${traces.length} traces`,
      counts,
    );
  }
  const [first] = traces;
  for (const [i, { name, cache }] of policies.entries()) {
    const trace = traces[i];
    if (trace.policy !== name || !isDeepStrictEqual(trace.plan, cache)) {
      throw notOfARun(file, `trace ${i} is of '${trace.policy}' and not as its run had '${name}'`, {
        policy: name,
      });
    }
    const same = trace.layers.length === first.layers.length && trace.heads === first.heads;
    if (!same || trace.tokens !== tokens) {
      const found = { tokens: trace.tokens, layers: trace.layers.length, heads: trace.heads };
      const own = `${found.tokens} tokens, ${found.layers} layers and ${found.heads} heads`;
      const expected = `${tokens} tokens, ${first.layers.length} layers and ${first.heads} heads`;
      throw notOfARun(file, `the trace of '${name}' is of ${own}, not of ${expected}`, {
        policy: name,
        ...found,
      });
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function notOfARun(file: string, what: string, details: Readonly<Record<string, unknown>>): TreekvError {
  const message = `${file} cannot be replayed: ${what}. Take the trace again (--trace).`;
  return new TreekvError('BAD_FILE', message, { file, ...details });
}
