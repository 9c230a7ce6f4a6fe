// The options of `generate`, by Hugging Face's names and with Hugging Face's defaults, and their checks. An
// option that would have no effect beside the others is an error, not a silence.
import {
  type Check,
  isCheckedLater,
  isFlag,
  isSignal,
  requireOptions,
  shown,
  TreekvError,
} from '../core/index.ts';

/** How text is generated. */
export interface GenerateOptions {
  /** Tokens to write at most. @default 256 */
  readonly max_new_tokens?: number;
  /** Draw the next token at random; otherwise the likeliest is taken. @default false */
  readonly do_sample?: boolean;
  /** Divides the logits; above 1 flattens. Only with do_sample. @default 1 */
  readonly temperature?: number;
  /** Draw among the k likeliest tokens; 0 for all. Only with do_sample. @default 50 */
  readonly top_k?: number;
  /** Draw among the likeliest tokens that together reach this probability. Only with do_sample. @default 1 */
  readonly top_p?: number;
  /** Drop tokens less likely than this share of the likeliest. Only with do_sample. @default 0 */
  readonly min_p?: number;
  /** Divides positive and multiplies negative logits of tokens that the text already has. @default 1 */
  readonly repetition_penalty?: number;
  /** Equal seeds draw equally; an integer, of which 32 bits count. Only with do_sample. @default drawn anew; continued within a session */
  readonly seed?: number;
  /** Text at which to stop, or a special token; it is not part of the answer. @default none */
  readonly stop?: string | readonly string[];
  /** Tokens that end the text, instead of the model's own; [] for none. @default those that the model's files name */
  readonly eos_token_id?: number | readonly number[];
  /** Ends generation early: the iteration throws `ABORTED`. @default none */
  readonly signal?: AbortSignal;
}

/** Options with everything decided; without the signal, which does not cross threads. */
export interface GeneratePlan {
  readonly max_new_tokens: number;
  readonly do_sample: boolean;
  readonly temperature: number;
  readonly top_k: number;
  readonly top_p: number;
  readonly min_p: number;
  readonly repetition_penalty: number;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  /** Undefined for the model's own. */
  readonly eos_token_id: readonly number[] | undefined;
}

/** Names of the options of `generate`. */
export const generateOptionNames = [
  'max_new_tokens',
  'do_sample',
  'temperature',
  'top_k',
  'top_p',
  'min_p',
  'repetition_penalty',
  'seed',
  'stop',
  'eos_token_id',
  'signal',
] as const;

/** What each option of `generate` may hold. */
export const generateChecks: Readonly<Record<(typeof generateOptionNames)[number], Check>> = {
  ...(Object.fromEntries(generateOptionNames.map((name) => [name, isCheckedLater])) as Record<
    (typeof generateOptionNames)[number],
    Check
  >),
  do_sample: isFlag,
  signal: isSignal,
};

const sampling = ['temperature', 'top_k', 'top_p', 'min_p', 'seed'] as const;

/** Checks the options and fills in the defaults. Throws `BAD_OPTION`. */
export function planGeneration(options: GenerateOptions = {}): GeneratePlan {
  requireOptions('generate', options, generateChecks);
  const { do_sample = false, stop = [] } = options;
  for (const option of sampling) {
    if (options[option] === undefined || do_sample) continue;
    const message = `Option '${option}' applies to sampling only; add do_sample: true, or leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { option, value: options[option] });
  }
  const stops = typeof stop === 'string' ? [stop] : stop;
  if (!Array.isArray(stops) || Array.from(stops).some((text) => typeof text !== 'string' || text === '')) {
    throw bad('stop', stop, 'a non-empty text or a list of them');
  }
  const { eos_token_id: given } = options;
  const ends: readonly unknown[] | undefined = given === undefined || Array.isArray(given) ? given : [given];
  if (ends && Array.from(ends).some((id) => !Number.isSafeInteger(id) || Number(id) < 0)) {
    throw bad('eos_token_id', given, 'a token id or a list of them');
  }
  const { seed } = options;
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw bad('seed', seed, 'an integer');
  const number = (
    option: Exclude<keyof GeneratePlan, 'do_sample' | 'seed' | 'stop' | 'eos_token_id'>,
    preset: number,
    rule: string,
    holds: (value: number) => boolean,
  ): number => {
    const value = options[option] ?? preset;
    if (typeof value !== 'number' || !holds(value)) throw bad(option, value, rule);
    return value;
  };
  return {
    max_new_tokens: number(
      'max_new_tokens',
      256,
      'an integer of at least 1',
      (v) => Number.isSafeInteger(v) && v >= 1,
    ),
    do_sample,
    temperature: number('temperature', 1, 'a number above 0', (v) => v > 0 && v < Infinity),
    top_k: number('top_k', 50, 'an integer of at least 0', (v) => Number.isSafeInteger(v) && v >= 0),
    top_p: number('top_p', 1, 'above 0 and at most 1', (v) => v > 0 && v <= 1),
    min_p: number('min_p', 0, 'from 0 to 1', (v) => v >= 0 && v <= 1),
    repetition_penalty: number('repetition_penalty', 1, 'a number above 0', (v) => v > 0 && v < Infinity),
    seed,
    stop: [...stops],
    eos_token_id: ends && [...(ends as readonly number[])],
  };
}

function bad(option: string, value: unknown, rule: string): TreekvError {
  const message = `Option '${option}' must be ${rule}, not ${shown(value)}.`;
  return new TreekvError('BAD_OPTION', message, { option, value });
}
