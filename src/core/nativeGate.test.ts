import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { NativeGate } from './nativeGate.ts';

/** A call that ends when it is told to. */
function pendingCall() {
  let end = (): void => undefined;
  const call = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  return { call, end: () => end() };
}

describe('a gate', () => {
  it('lets calls pass, with their answers and errors', async () => {
    const gate = new NativeGate();
    expect(await gate.pass(async () => 3)).toBe(3);
    await expect(gate.pass(() => Promise.reject(new Error('own')))).rejects.toThrow('own');
    await gate.still();
  });

  it('makes no call once it is shut, at either end', async () => {
    const gate = new NativeGate();
    const other = new NativeGate(gate.memory);
    gate.shut();
    let made = 0;
    await expect(other.pass(async () => made++)).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(made).toBe(0);
    gate.blockUntilStill();
  });

  it('is still when the last of the calls behind it has ended', async () => {
    const gate = new NativeGate();
    const calls = [pendingCall(), pendingCall()];
    const passed = calls.map(({ call }) => gate.pass(call));
    let still = false;
    const waiting = gate.still().then(() => {
      still = true;
    });
    calls[0].end();
    await passed[0];
    await new Promise(setImmediate);
    expect(still).toBe(false);
    calls[1].end();
    await waiting;
  });

  it('is still when the thread behind it is gone', async () => {
    const gate = new NativeGate();
    void gate.pass(pendingCall().call);
    const waiting = gate.still();
    new NativeGate(gate.memory).abandon();
    await waiting;
    gate.blockUntilStill();
  });

  it('blocks this thread until the call in another has ended', async () => {
    const gate = new NativeGate();
    // The other thread counts itself in and out as `pass` does, and says in a third word that it was busy in between.
    const busy = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       const words = new Int32Array(workerData.memory);
       Atomics.add(words, 1, 1);
       parentPort.postMessage('inside');
       Atomics.wait(words, 0, 0);
       Atomics.add(workerData.busy, 0, 1);
       Atomics.sub(words, 1, 1);
       Atomics.notify(words, 1);`,
      { eval: true, workerData: { memory: gate.memory, busy } },
    );
    const exited = once(worker, 'exit');
    await once(worker, 'message');
    gate.shut();
    Atomics.notify(new Int32Array(gate.memory), 0);
    gate.blockUntilStill();
    expect(Atomics.load(busy, 0)).toBe(1);
    await exited;
  });
});
