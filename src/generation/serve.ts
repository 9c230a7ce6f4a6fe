// The work of the model's thread: takes messages, runs them, sends replies. ONNX Runtime blocks the thread that it runs
// on, and this is that thread.
import type { MessagePort } from 'node:worker_threads';
import { type ErrorDetails, type NativeGate, shown, TreekvError } from '../core/index.ts';
import type { Calls, Message, Method, PlainError, Reply } from './protocol.ts';
import { type CallContext, Runtime } from './runtime.ts';

/** Carries out what comes in at the port; native calls pass the gate. */
export function serve(port: MessagePort, gate: NativeGate): void {
  const runtime = new Runtime(gate);
  const running = new Map<number, AbortController>();
  const reply = (message: Reply): void =>
    port.postMessage(message, 'answer' in message ? transferable(message.answer) : []);
  port.on('message', (message: Message) => {
    if ('abort' in message) {
      running.get(message.id)?.abort();
      return;
    }
    const { id, method, takes } = message;
    const controller = new AbortController();
    running.set(id, controller);
    const context = {
      signal: controller.signal,
      tell: (told: Calls[Method]['tells']) => reply({ id, told }),
    };
    run(runtime, method, takes, context)
      .then(
        (answer) => reply({ id, answer }),
        (error: unknown) => reply({ id, error: plain(error) }),
      )
      .finally(() => running.delete(id));
  });
}

async function run<Name extends Method>(
  runtime: Runtime,
  method: Name,
  takes: Calls[Name]['takes'],
  context: CallContext<Name>,
): Promise<Calls[Name]['answers']> {
  const call = runtime[method].bind(runtime) as unknown as (
    takes: Calls[Name]['takes'],
    context: CallContext<Name>,
  ) => Promise<Calls[Name]['answers']>;
  return call(takes, context);
}

/** A snapshot's bytes change hands instead of being copied; memory that is shared cannot, and need not. */
function transferable(answer: Calls[Method]['answers']): ArrayBuffer[] {
  return answer instanceof Uint8Array && answer.buffer instanceof ArrayBuffer ? [answer.buffer] : [];
}

function plain(error: unknown): PlainError {
  if (error instanceof TreekvError) {
    const { code, message, details, stack, cause } = error;
    return {
      ...{ code, message, details: plainDetails(details), stack },
      ...(cause instanceof Error && { cause: plainCause(cause) }),
    };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: undefined, message, details: {}, stack };
}

/** Details that can cross: what cannot be cloned, as only a user's own error has it, crosses as words. */
function plainDetails(details: ErrorDetails): ErrorDetails {
  try {
    return structuredClone(details);
  } catch {
    return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, shown(value)]));
  }
}

function plainCause({ name, message, stack }: Error): NonNullable<PlainError['cause']> {
  return { name, message, ...(stack !== undefined && { stack }) };
}
