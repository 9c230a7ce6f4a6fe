// What a LongBench run measures: one sample under one policy.

/** A sample under a policy. */
export interface LongBenchUnit {
  /** `<task>/<index>/<policy>`. */
  readonly key: string;
  /** Name of the task. */
  readonly task: string;
  /** Place of the sample in its file, from 0. */
  readonly index: number;
  /** The sample's id in the data. */
  readonly id: string;
  /** The cache or session, by the name that tables give it. */
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
  /** Most bytes that the session's caches held. */
  readonly peakCacheBytes: number;
}

/** Names a unit. */
export function unitKey(task: string, index: number, policy: string): string {
  return `${task}/${index}/${policy}`;
}
