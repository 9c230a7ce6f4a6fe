// A gate in front of native code that another thread may have to stop. A thread that is ended while native code
// runs in it takes the whole process down: the code comes back to a JavaScript that is no longer there. So whoever
// ends a thread shuts the gate first, and waits until nothing is behind it. Both threads see one piece of shared
// memory. It knows neither threads nor what runs behind it, and interrupts nothing.
import { TreekvError } from './error.ts';

// Words of the shared memory: whether the gate is shut, and how many calls are behind it.
const SHUT = 0;
const INSIDE = 1;

/** Lets native calls pass until it is shut. */
export class NativeGate {
  /** What another thread makes its end of the gate from. */
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array<SharedArrayBuffer>;

  /** @param memory of the gate's other end. @default a new gate, open */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
  }

  /** Makes a native call. Throws DISPOSED, and does not make it, once the gate is shut. */
  async pass<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    // Counted before the gate is looked at: whoever shuts it now either is seen here or sees this call.
    Atomics.add(this.words, INSIDE, 1);
    try {
      if (Atomics.load(this.words, SHUT) === 1) {
        throw new TreekvError('DISPOSED', 'The model was disposed; load it again.');
      }
      return await call();
    } finally {
      Atomics.sub(this.words, INSIDE, 1);
      Atomics.notify(this.words, INSIDE);
    }
  }

  /** Lets no call pass any more. Those behind the gate go on. */
  shut(): void {
    Atomics.store(this.words, SHUT, 1);
  }

  /** Shuts the gate; resolves when the calls behind it have ended. Does not keep the process alive. */
  async still(): Promise<void> {
    this.shut();
    for (;;) {
      const inside = Atomics.load(this.words, INSIDE);
      if (inside === 0) return;
      await Atomics.waitAsync(this.words, INSIDE, inside).value;
    }
  }

  /** As `still`, but blocks this thread: for a process that is ending and will run no other code. */
  blockUntilStill(): void {
    this.shut();
    for (;;) {
      const inside = Atomics.load(this.words, INSIDE);
      if (inside === 0) return;
      Atomics.wait(this.words, INSIDE, inside);
    }
  }

  /** Says that the thread behind the gate has ended, so that nobody waits for calls that it never came back from. */
  abandon(): void {
    this.shut();
    Atomics.store(this.words, INSIDE, 0);
    Atomics.notify(this.words, INSIDE);
  }
}
