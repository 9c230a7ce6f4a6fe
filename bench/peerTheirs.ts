// llama.cpp's side of `peer.ts`, through node-llama-cpp in a folder of the caller's. Only what is used of it
// is typed here, since the project does not depend on it.
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Random } from '../src/core/index.ts';
import type { PeerAnswer, PeerRequest } from './peerProtocol.ts';
import { shape } from './randomGguf.ts';

interface Sequence {
  readonly nextTokenIndex: number;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, unknown, undefined>;
  eraseContextTokenRanges(ranges: readonly { start: number; end: number }[]): Promise<void>;
}
interface Context {
  getSequence(): Sequence;
}
interface Model {
  createContext(options: object): Promise<Context>;
}
interface Peer {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<Model> }>;
}

const [, , file, folder, contextSize] = process.argv;
const threads = availableParallelism();
const entry = createRequire(resolve(folder, 'package.json')).resolve('node-llama-cpp');
const { getLlama } = (await import(pathToFileURL(entry).href)) as Peer;
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: threads });
const model = await llama.loadModel({ modelPath: resolve(file), gpuLayers: 0 });
const context = await model.createContext({
  contextSize: Number(contextSize),
  batchSize: 512,
  threads: { ideal: threads, min: threads },
  flashAttention: true,
});
const sequence = context.getSequence();
const random = new Random(3);

process.on('message', (message) => {
  void serve(message as PeerRequest).then((answer) => process.send?.(answer));
});
process.send?.({ times: [] } satisfies PeerAnswer);

async function serve({ read, chunk, decode }: PeerRequest): Promise<PeerAnswer> {
  await forget(read);
  if (sequence.nextTokenIndex < read - chunk) await readOn(read - chunk);
  const started = performance.now();
  await readOn(read);
  if (decode === undefined) return { times: [performance.now() - started] };
  const times: number[] = [];
  let begun = performance.now();
  const written = sequence.evaluate([token()], { temperature: 0, yieldEogToken: true });
  for await (const _ of written) {
    times.push(performance.now() - begun);
    if (times.length === decode) break;
    begun = performance.now();
  }
  await forget(read);
  return { times };
}

async function readOn(length: number): Promise<void> {
  const count = length - sequence.nextTokenIndex;
  if (count > 0) await sequence.evaluateWithoutGeneratingNewTokens(Array.from({ length: count }, token));
}

async function forget(length: number): Promise<void> {
  const end = sequence.nextTokenIndex;
  if (end > length) await sequence.eraseContextTokenRanges([{ start: length, end }]);
}

/** A token that is no control token. */
function token(): number {
  return 400 + Math.floor(random.next() * (shape.vocab - 400));
}
