// Traces as a file: safetensors, so that other programs can look inside. A column `<trace>.<layer>` is either bits
// [heads, ceil(D / 8)], the first in the lowest place, or places [heads, D] of 16 bits (32 if the budget needs them);
// what a policy would decide again has no column. Everything else is JSON in the metadata, under a checksum over
// all: one wrong bit would spoil every set behind it without a word. It trusts no number that it reads.
import { createHash } from 'node:crypto';
import { TreekvError } from '../../core/index.ts';
import {
  bytesOf,
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsView,
  type TensorBytes,
} from '../../model/index.ts';
import { type CachePlan, treekv } from '../../policies/index.ts';
import { type DecisionKind, decisionsOf, type Trace, type TraceLayer } from './trace.ts';

const FORMAT = 'treekv-trace';
const VERSION = '1';

/** What a trace file holds. */
export interface TraceFile<About> {
  /** What was read and with which model, as JSON; not this file's business. */
  readonly about: About;
  /** One a policy. */
  readonly traces: readonly Trace[];
}

/** A trace without its decisions, as the header spells it. */
interface TraceHead extends Omit<Trace, 'layers'> {
  readonly layers: readonly Pick<TraceLayer, 'kind' | 'budget'>[];
}

/** Writes traces; the same ones always give the same bytes. */
export function encodeTraces<About>({ about, traces }: TraceFile<About>): Uint8Array {
  const tensors: TensorBytes[] = [];
  for (const [index, { layers, heads, tokens }] of traces.entries()) {
    for (const [l, layer] of layers.entries()) {
      const shape = columnShape(layer, heads, tokens);
      if (shape === undefined) continue;
      const bytes = shape.dtype === 'U8' ? packBits(layer.decisions, heads) : narrow(layer, shape.dtype);
      tensors.push({ name: `${index}.${l}`, ...shape, bytes });
    }
  }
  const heads: TraceHead[] = traces.map((trace) => ({
    ...trace,
    layers: trace.layers.map(({ kind, budget }) => ({ kind, budget })),
  }));
  const header = JSON.stringify({ about, traces: heads });
  const sha256 = checksum(header, new Map(tensors.map((tensor) => [tensor.name, tensor])));
  return encodeSafetensors(tensors, { format: FORMAT, version: VERSION, header, sha256 });
}

/** Reads traces. Throws BAD_FILE. @param file names the bytes in errors. */
export function decodeTraces<About>(bytes: Uint8Array, file: string): TraceFile<About> {
  const { metadata, tensors } = decodeSafetensors(bytes, file);
  const { format, version, header = '', sha256 } = metadata;
  if (format !== FORMAT || version !== VERSION) {
    const found = [format, version].filter((word) => word !== undefined).join(' ') || 'no format';
    throw damaged(file, `must be ${FORMAT} ${VERSION}, and this is ${found}`, { found });
  }
  if (checksum(header, tensors) !== sha256) {
    throw damaged(file, `is damaged: the checksum over its ${bytes.length} bytes is wrong`, {
      bytes: bytes.length,
    });
  }
  const { about, traces } = parse(header, file);
  return {
    about: about as About,
    traces: traces.map((head, index) => ({
      ...head,
      layers: head.layers.map((layer, l) => readLayer(head, layer, tensors, `${index}.${l}`, file)),
    })),
  };
}

/** SHA-256 over the header and the columns, in the order of their names. */
function checksum(
  header: string,
  tensors: ReadonlyMap<string, Pick<SafetensorsView, 'dtype' | 'bytes'>>,
): string {
  const hash = createHash('sha256').update(`${header.length} ${header}`);
  for (const [name, { dtype, bytes }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${JSON.stringify([name, dtype, bytes.length])}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** What a layer's column looks like; undefined if it has none. */
function columnShape(
  { kind, budget }: Pick<TraceLayer, 'kind' | 'budget'>,
  heads: number,
  tokens: number,
): { readonly dtype: 'U8' | 'U16' | 'U32'; readonly shape: readonly number[] } | undefined {
  const perHead = decisionsOf(tokens, budget);
  if (kind === 'none' || perHead === 0) return undefined;
  if (kind === 'scope') return { dtype: 'U8', shape: [heads, Math.ceil(perHead / 8)] };
  return { dtype: (budget ?? 0) < 65536 ? 'U16' : 'U32', shape: [heads, perHead] };
}

/** [heads, ceil(D / 8)] */
function packBits(bits: Uint32Array, heads: number): Uint8Array {
  const perHead = bits.length / heads;
  const row = Math.ceil(perHead / 8);
  const packed = new Uint8Array(heads * row);
  for (const [i, bit] of bits.entries()) {
    const at = i % perHead;
    packed[Math.floor(i / perHead) * row + (at >> 3)] |= bit << (at & 7);
  }
  return packed;
}

/** [heads, D] */
function unpackBits(packed: Uint8Array, heads: number, perHead: number): Uint32Array {
  const row = packed.length / heads;
  return Uint32Array.from({ length: heads * perHead }, (_, i) => {
    const at = i % perHead;
    return (packed[Math.floor(i / perHead) * row + (at >> 3)] >> (at & 7)) & 1;
  });
}

function narrow({ decisions }: TraceLayer, dtype: 'U16' | 'U32'): Uint8Array {
  return bytesOf(dtype === 'U16' ? Uint16Array.from(decisions) : decisions);
}

function readLayer(
  { heads, tokens }: TraceHead,
  layer: Pick<TraceLayer, 'kind' | 'budget'>,
  tensors: ReadonlyMap<string, SafetensorsView>,
  name: string,
  file: string,
): TraceLayer {
  const expected = columnShape(layer, heads, tokens);
  if (expected === undefined) return { ...layer, decisions: new Uint32Array(0) };
  const column = tensors.get(name);
  const found = column === undefined ? 'absent' : `${column.dtype} [${column.shape}]`;
  const wanted = `${expected.dtype} [${expected.shape}]`;
  if (column === undefined || found !== wanted) {
    throw damaged(file, `should hold the decisions ${name} as ${wanted}, and they are ${found}`, {
      name,
      expected: wanted,
      found,
    });
  }
  if (expected.dtype === 'U8') {
    return { ...layer, decisions: unpackBits(column.bytes, heads, decisionsOf(tokens, layer.budget)) };
  }
  // A copy, aligned for its type; `slice` of a Buffer would be none.
  const { buffer } = new Uint8Array(column.bytes);
  const decisions = Uint32Array.from(
    expected.dtype === 'U16' ? new Uint16Array(buffer) : new Uint32Array(buffer),
  );
  const wrong = decisions.findIndex((place) => place > (layer.budget ?? 0));
  if (wrong >= 0) {
    const what = `names place ${decisions[wrong]} in ${name}, and there are ${(layer.budget ?? 0) + 1} (from 0)`;
    throw damaged(file, what, { name, place: decisions[wrong], budget: layer.budget });
  }
  return { ...layer, decisions };
}

function parse(
  header: string,
  file: string,
): { readonly about: unknown; readonly traces: readonly TraceHead[] } {
  let found: { readonly about?: unknown; readonly traces?: readonly TraceHead[] } | null;
  try {
    found = JSON.parse(header);
  } catch (cause) {
    throw damaged(file, `has a header of ${header.length} characters that is not JSON`, {}, cause);
  }
  const traces = found?.traces;
  if (!Array.isArray(traces)) throw damaged(file, 'has a header without traces', {});
  for (const [index, trace] of traces.entries()) {
    if (!isTraceHead(trace)) {
      throw damaged(file, `has a header whose trace ${index} of ${traces.length} is none`, { index });
    }
  }
  return { about: found?.about, traces };
}

function isTraceHead(value: unknown): value is TraceHead {
  if (typeof value !== 'object' || value === null) return false;
  const { policy, plan, tokens, heads, layers, kept } = value as Partial<Record<keyof TraceHead, unknown>>;
  return (
    typeof policy === 'string' &&
    typeof kept === 'string' &&
    isCount(tokens, 1) &&
    isCount(heads, 1) &&
    isPlan(plan) &&
    Array.isArray(layers) &&
    layers.length > 0 &&
    layers.every((layer) => isLayerHead(layer, plan.policy))
  );
}

function isPlan(value: unknown): value is CachePlan {
  const { policy, budget, ...split } = (value ?? {}) as Partial<Record<keyof CachePlan, unknown>>;
  const counts = [split.sinks, split.recent, split.selected];
  const isBudget = budget === null || isCount(budget, 1);
  return typeof policy === 'string' && isBudget && counts.every((count) => isCount(count, 0));
}

function isLayerHead(value: unknown, policy: string): boolean {
  const { kind, budget } = (value ?? {}) as Partial<Record<keyof TraceLayer, unknown>>;
  const kinds: readonly unknown[] = ['scope', 'place', 'none'] satisfies DecisionKind[];
  if (!kinds.includes(kind) || (kind === 'scope' && policy !== treekv.name)) return false;
  return budget === null || isCount(budget, 1);
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function damaged(
  file: string,
  what: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): TreekvError {
  return new TreekvError(
    'BAD_FILE',
    `${file} ${what}; copy or take it again.`,
    { file, ...details },
    { cause },
  );
}
