// A session as bytes: a safetensors file, so that other programs can look inside, with the rest as JSON in
// its metadata, a chat's messages among it. It belongs to one model: its fingerprint is checked before anything is read, and a checksum
// over all of it, because one wrong slot number would spoil a text without a word.
import { createHash } from 'node:crypto';
import { TreekvError } from '../core/index.ts';
import { bytesOf, decodeSafetensors, encodeSafetensors, type TensorBytes } from '../model/index.ts';
import type { PolicyState } from '../policies/index.ts';
import type { SessionState } from './localSession.ts';
import type { SessionPlan } from './sessionPlan.ts';

const FORMAT = 'treekv-session';
const VERSION = '2';

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

const types = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** What a snapshot holds. */
export interface SnapshotContent {
  readonly session: SessionState;
  /** What a chat knows beside its session, as JSON; undefined for a session that is no chat's. */
  readonly chat: string | undefined;
}

/** Writes a snapshot. @param fingerprint names the weights. */
export function encodeSnapshot(
  { session: state, chat }: SnapshotContent,
  fingerprint: string,
): Uint8Array<ArrayBuffer> {
  const tensors: TensorBytes[] = [];
  const put = (name: string, data: Numbers): void => {
    const dtype = (Object.keys(types) as (keyof typeof types)[]).find((key) => data instanceof types[key]);
    if (dtype === undefined) throw new Error(`no tensor type for ${name}`);
    tensors.push({ name, dtype, shape: [data.length], bytes: bytesOf(data) });
  };
  put('unread', state.unread);
  put('used', state.used);
  put('random', state.random);
  put('pending', state.pending);
  for (const [l, { order, policy }] of state.cache.layers.entries()) {
    put(`${l}.order`, order.order);
    put(`${l}.tokens`, order.tokens);
    put(`${l}.keys`, state.entries[l].keys);
    put(`${l}.values`, state.entries[l].values);
    for (const [name, column] of Object.entries(policy)) put(`${l}.policy.${name}`, column);
  }
  const slots = state.cache.layers.map(({ order: { capacity, origin } }) => ({ capacity, origin }));
  const metadata = {
    format: FORMAT,
    version: VERSION,
    model: fingerprint,
    plan: JSON.stringify(state.plan),
    seen: String(state.cache.seen),
    slots: JSON.stringify(slots),
    ...(state.cache.budgets !== undefined && { budgets: JSON.stringify(state.cache.budgets) }),
    ended: String(state.ended),
    ...(chat !== undefined && { chat }),
  };
  const sha256 = checksum(metadata, new Map(tensors.map((tensor) => [tensor.name, tensor])));
  return encodeSafetensors(tensors, { ...metadata, sha256 }) as Uint8Array<ArrayBuffer>;
}

/** SHA-256 over metadata and tensors, in the order of their names. */
function checksum(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Pick<TensorBytes, 'dtype' | 'bytes'>>,
): string {
  const hash = createHash('sha256');
  for (const key of Object.keys(metadata).sort()) {
    if (key !== 'sha256') hash.update(`${JSON.stringify([key, metadata[key]])}\n`);
  }
  for (const [name, { dtype, bytes }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${JSON.stringify([name, dtype, bytes.length])}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Reads a snapshot. Throws BAD_SNAPSHOT if it is another model's or format's, BAD_FILE if damaged. */
export function decodeSnapshot(bytes: Uint8Array, fingerprint: string): SnapshotContent {
  const { metadata, tensors } = decodeSafetensors(bytes, 'the snapshot');
  if (metadata.format !== FORMAT || metadata.version !== VERSION) {
    const found = `${metadata.format ?? 'no format'} ${metadata.version ?? ''}`.trim();
    throw new TreekvError('BAD_SNAPSHOT', `A snapshot must be ${FORMAT} ${VERSION}, and this is ${found}.`, {
      found,
    });
  }
  if (metadata.model !== fingerprint) {
    const message =
      'This snapshot was taken with other weights; load the model (and dtype) that it was taken with.';
    throw new TreekvError('BAD_SNAPSHOT', message, { snapshot: metadata.model, model: fingerprint });
  }
  if (checksum(metadata, tensors) !== metadata.sha256) {
    throw new TreekvError(
      'BAD_FILE',
      'The snapshot is damaged: its checksum is wrong; copy or take it again.',
    );
  }
  const get = <Type extends keyof typeof types>(
    name: string,
    dtype: Type,
  ): InstanceType<(typeof types)[Type]> => {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.dtype !== dtype) {
      throw new TreekvError('BAD_SNAPSHOT', `The snapshot lacks ${name}; take it again.`, { name });
    }
    // A copy, aligned for its type.
    return new types[dtype](tensor.bytes.slice().buffer) as InstanceType<(typeof types)[Type]>;
  };
  const slots = JSON.parse(metadata.slots) as { capacity: number; origin: number }[];
  const policyState = (layer: number): PolicyState => {
    const prefix = `${layer}.policy.`;
    const names = [...tensors.keys()].filter((name) => name.startsWith(prefix));
    return Object.fromEntries(
      names.map((name) => [
        name.slice(prefix.length),
        get(name, tensors.get(name)?.dtype as 'F64' | 'I32' | 'U32'),
      ]),
    );
  };
  const session: SessionState = {
    plan: JSON.parse(metadata.plan) as SessionPlan,
    cache: {
      seen: Number(metadata.seen),
      ...(metadata.budgets !== undefined && { budgets: JSON.parse(metadata.budgets) as number[] }),
      layers: slots.map((slot, l) => ({
        order: { ...slot, order: get(`${l}.order`, 'I32'), tokens: get(`${l}.tokens`, 'I32') },
        policy: policyState(l),
      })),
    },
    entries: slots.map((_, l) => ({ keys: get(`${l}.keys`, 'F32'), values: get(`${l}.values`, 'F32') })),
    unread: get('unread', 'I32'),
    ended: metadata.ended === 'true',
    used: get('used', 'U8'),
    random: get('random', 'U32'),
    pending: get('pending', 'I32'),
  };
  return { session, chat: metadata.chat };
}
