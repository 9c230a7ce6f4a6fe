// The door of every experiment: what it is given is looked at before any work, and an aborted signal ends it before it
// begins. What the numbers of a request must be is for each experiment to say.
import {
  type Check,
  check,
  isFlag,
  isFunction,
  isName,
  isObject,
  isSignal,
  requireArgument,
  requireNotAborted,
} from '../core/index.ts';
import type { LocalModel } from '../generation/index.ts';

const isLocalModel = check(
  'a model that loadLocalModel() gave',
  (value) => typeof value === 'object' && value !== null && 'engine' in value && 'tokenizer' in value,
);

/** A list that is not left out. */
export const isGivenList: Check = check('a list', Array.isArray);

const running: Readonly<Record<string, Check>> = {
  signal: isSignal,
  onProgress: isFunction,
  output: isName,
  resume: isFlag,
  force: isFlag,
};

/**
 * Checks an experiment's arguments. Throws BAD_OPTION, or ABORTED.
 * @param needed fields that a request must have. @param run what says how it runs. @default the request
 */
export function requireExperiment(
  name: string,
  model: LocalModel,
  request: object,
  needed: Readonly<Record<string, Check>>,
  run: object = request,
): void {
  requireArgument(
    name,
    'model',
    model,
    isLocalModel,
    ' A Model of load() lives in another thread and does not do.',
  );
  requireArgument(name, 'request', request, isObject);
  requireArgument(name, 'options', run, isObject);
  for (const [field, own] of Object.entries(needed))
    requireArgument(name, field, Reflect.get(request, field), own);
  for (const [field, own] of Object.entries(running)) {
    const value: unknown = Reflect.get(run, field);
    if (value !== undefined) requireArgument(name, field, value, own);
  }
  requireNotAborted((run as { readonly signal?: AbortSignal }).signal);
}
