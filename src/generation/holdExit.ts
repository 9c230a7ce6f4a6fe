// Keeps the process from ending while native code runs in a thread of ours: Node ends all threads itself when the
// process exits, at whatever they are, and an 'exit' handler is the last that it waits for. So the handler blocks
// until the step in hand is over. A process that a signal kills needs none of this.
import type { NativeGate } from '../core/index.ts';

// One handler for all gates: Node warns of a leak where there are more than ten.
const held = new Set<NativeGate>();

/** Lets `process.exit`, an uncaught error and a normal end wait for what is behind the gate; returns what lets go. */
export function holdExit(gate: NativeGate): () => void {
  if (held.size === 0) process.on('exit', waitForAll);
  held.add(gate);
  return () => {
    held.delete(gate);
    if (held.size === 0) process.off('exit', waitForAll);
  };
}

function waitForAll(): void {
  // all are shut first, so that none begins a step while another is waited for
  for (const gate of held) gate.shut();
  for (const gate of held) gate.blockUntilStill();
}
