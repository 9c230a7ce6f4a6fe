// What a LongBench run measures: one sample under one policy.

/** A sample under a policy. */
export interface LongBenchUnit {
  /** `<task>/<index>/<policy>`. */
  readonly key: string;
  readonly task: string;
  readonly index: number;
  readonly id: string;
  readonly policy: string;
  /** As it was decoded, nothing stripped. */
  readonly prediction: string;
  /** 0 to 1. */
  readonly score: number;
  /** Words of the context, as the data counts them. */
  readonly length: number;
  /** Tokens that were read. */
  readonly promptTokens: number;
  /** Tokens of the prompt before its middle was cut and the chat template put round it. */
  readonly wholeTokens: number;
  /** Entries per KV head behind the prompt, in the mean over the layers. */
  readonly kept: number;
  /** Tokens written, the one that ended the answer included. */
  readonly generated: number;
  readonly peakCacheBytes: number;
}

/** Names a unit. */
export function unitKey(task: string, index: number, policy: string): string {
  return `${task}/${index}/${policy}`;
}
