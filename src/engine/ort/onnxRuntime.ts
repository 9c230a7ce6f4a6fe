// The one door to onnxruntime-node. Version 1.30 writes a device id and a queue of events under the user's cache
// folder and sends them to Microsoft, unless ORT_DISABLE_TELEMETRY is set in the process's own environment when
// its environment is made. So the variable is set here, before the library loads, and whoever sets it first is
// obeyed, `0` included. It refuses a thread whose environment is a copy: what is written there never arrives.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-node';
import { TreekvError } from '../../core/index.ts';

const variable = 'ORT_DISABLE_TELEMETRY';

if (isMainThread) process.env[variable] ??= '1';

// required and not imported: an import would be carried out before the line above
const runtime: typeof Ort = createRequire(import.meta.url)('onnxruntime-node');

export const { InferenceSession, Tensor } = runtime;
export type InferenceSession = Ort.InferenceSession;
export type Tensor = Ort.Tensor;
export type OnnxValue = Ort.OnnxValue;
/** Outputs of a run by name. */
export type OnnxValues = Ort.InferenceSession.OnnxValueMapType;

/**
 * Throws UNSUPPORTED in a thread that could not switch the telemetry off. The threads that treekv starts can, since
 * they begin with a copy of variables that were set before.
 */
export function requireSilentRuntime(
  variables: NodeJS.ProcessEnv = process.env,
  main: boolean = isMainThread,
): void {
  if (main || variables[variable] !== undefined) return;
  throw new TreekvError(
    'UNSUPPORTED',
    `onnxruntime-node sends telemetry unless ${variable} is set, and a worker thread cannot set it for the process: ` +
      `write process.env.${variable} = '1' in the main thread before you start this one (or import treekv there)`,
    { variable },
  );
}
