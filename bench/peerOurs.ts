// Our side of `peer.ts`: a session with TreeKV's budget of 1024 entries. To forget is to read again from the
// start, or, beyond the budget, to go on: there a step costs the same wherever the text stands.
import { availableParallelism } from 'node:os';
import { createOrtEngine } from '../src/engine/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';
import type { PeerAnswer, PeerRequest } from './peerProtocol.ts';
import { newCache, Reader } from './reader.ts';

const [, , file] = process.argv;
const budget = 1024;
const engine = await createOrtEngine(await preparePacked(file, undefined), {
  threads: availableParallelism(),
});
let reader = await fresh();

process.on('message', (message) => {
  void serve(message as PeerRequest).then((answer) => process.send?.(answer));
});
process.send?.({ times: [] } satisfies PeerAnswer);

async function serve({ read, chunk, decode }: PeerRequest): Promise<PeerAnswer> {
  if (reader.cache.seen > read && read <= budget + chunk) {
    reader.batch.dispose();
    reader = await fresh();
  }
  // past the budget the text may be longer than asked for: it costs nothing
  const target = Math.max(read, reader.cache.seen > read ? reader.cache.seen + chunk : 0);
  if (decode === undefined) {
    await reader.readUntil(Math.max(reader.cache.seen, target - chunk), chunk);
    const started = performance.now();
    await reader.readUntil(target, chunk);
    return { times: [performance.now() - started] };
  }
  if (reader.cache.seen < read) await reader.readUntil(read, chunk);
  const times: number[] = [];
  for (let i = 0; i < decode; i++) {
    const started = performance.now();
    await reader.decode(argmax);
    times.push(performance.now() - started);
  }
  return { times };
}

async function fresh(): Promise<Reader> {
  return new Reader(engine, await newCache(engine, { policy: 'treekv', budget }));
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}
