// Where the model's thread begins. What it does is in serve.ts, which brings the engine along; the gate is there
// before that, since loading a native library is a native call too. It imports nothing else.
import { parentPort, workerData } from 'node:worker_threads';
import { NativeGate } from '../core/index.ts';

if (parentPort !== null) {
  const gate = new NativeGate(workerData as SharedArrayBuffer);
  // If the thread ends by itself, a call may be on its way to the engine that will never get there.
  process.on('exit', () => gate.abandon());
  const { serve } = await gate.pass(() => import('./serve.ts'));
  serve(parentPort, gate);
}
