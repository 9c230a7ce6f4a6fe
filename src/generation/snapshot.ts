// A session as bytes: a safetensors file, so that other programs can look inside, with the rest as JSON in
// its metadata, a chat's messages among it. It belongs to one model, and damage shows (sealedTensors.ts).
import { encodeSafetensors } from '../model/index.ts';
import { cacheTensors, readCacheTensors } from './cacheTensors.ts';
import type { SessionState } from './localSession.ts';
import { openSealed, type SealedKind, seal, tensorOf } from './sealedTensors.ts';
import type { SessionPlan } from './sessionPlan.ts';

/** What a snapshot calls itself. */
export const snapshotKind: SealedKind = {
  format: 'treekv-session',
  version: '2',
  noun: 'snapshot',
  remedy: 'copy or take it again',
};

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
  const held = cacheTensors(state);
  const tensors = [
    tensorOf('unread', state.unread),
    tensorOf('used', state.used),
    tensorOf('random', state.random),
    tensorOf('pending', state.pending),
    ...held.tensors,
  ];
  const metadata = {
    plan: JSON.stringify(state.plan),
    ...held.metadata,
    ended: String(state.ended),
    ...(chat !== undefined && { chat }),
  };
  const sealed = seal(snapshotKind, { tensors, metadata }, fingerprint);
  return encodeSafetensors(tensors, sealed) as Uint8Array<ArrayBuffer>;
}

/** Reads a snapshot. Throws BAD_SNAPSHOT if it is another model's or format's, BAD_FILE if damaged. */
export function decodeSnapshot(bytes: Uint8Array, fingerprint: string): SnapshotContent {
  const file = openSealed(bytes, snapshotKind, fingerprint);
  const { metadata } = file;
  const session: SessionState = {
    plan: JSON.parse(metadata.plan) as SessionPlan,
    ...readCacheTensors(file),
    unread: file.get('unread', 'I32'),
    ended: metadata.ended === 'true',
    used: file.get('used', 'U8'),
    random: file.get('random', 'U32'),
    pending: file.get('pending', 'I32'),
  };
  return { session, chat: metadata.chat };
}
