// What the cache keeps: the options of every command that reads into one, under the library's names with
// dashes. The policy's seed is `--policy-seed`, since `--seed` is the sampler's.
import type { Command } from 'commander';
import type { SessionOptions } from '../generation/index.ts';
import type { CacheOptions } from '../policies/index.ts';
import { given } from './given.ts';
import { parseInteger, parseLength } from './parseOption.ts';

/** The flags of `addCacheOptions`. */
export interface CacheFlags {
  readonly policy?: string;
  readonly variant?: CacheOptions['variant'];
  readonly budget?: number;
  readonly sinks?: number;
  readonly recent?: number;
  readonly positions?: CacheOptions['positions'];
  readonly rule?: CacheOptions['rule'];
  readonly choice?: CacheOptions['choice'];
  readonly score?: CacheOptions['score'];
  readonly policySeed?: number;
  readonly prefillChunkSize?: number;
}

/** Adds the options under a heading of their own. */
export function addCacheOptions(command: Command): Command {
  return command
    .optionsGroup('What the cache keeps:')
    .option(
      '--policy <name>',
      'treekv, full, streaming-llm, h2o, tova, random, or a module (default: treekv)',
    )
    .option('--variant <name>', "paper, or official: as the baseline's own authors run it (default: paper)")
    .option('--budget <n>', 'entries kept per KV head and layer (default: 1024)', parseLength)
    .option('--sinks <n>', 'first entries that always stay (default: 4)', parseInteger)
    .option('--recent <n>', 'last entries that always stay (default: budget / 2 - sinks)', parseInteger)
    .option('--positions <kind>', 'by-place or absolute (default: by-place)')
    .option('--rule <name>', 'treekv only: prose or printed (default: prose)')
    .option('--choice <name>', 'treekv only: score, keep-left or keep-right (default: score)')
    .option('--score <name>', 'treekv only, with choice score: mean, sum or last (default: mean)')
    .option('--policy-seed <n>', 'random only: evict the same entries again (default: 0)', parseInteger)
    .option('--prefill-chunk-size <n>', 'tokens of the prompt read at once (default: 64)', parseInteger);
}

/** The flags as a session's options. */
export function cacheOptions(flags: CacheFlags): SessionOptions {
  const { policy, variant, budget, sinks, recent, positions, rule, choice, score, policySeed: seed } = flags;
  const chunk = flags.prefillChunkSize;
  return {
    cache: given({ policy, variant, budget, sinks, recent, positions, rule, choice, score, seed }),
    ...(chunk !== undefined && { prefill_chunk_size: chunk }),
  };
}
