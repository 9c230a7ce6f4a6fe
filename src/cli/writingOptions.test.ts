// Flags become the library's options under its names, and those that were not given are left out.
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addCacheOptions, type CacheFlags, cacheOptions } from './cacheOptions.ts';
import { addWritingOptions, type WritingFlags, writingOptions } from './writingOptions.ts';

function parse<Flags extends object>(add: (command: Command) => Command, args: readonly string[]): Flags {
  return add(new Command()).parse(args, { from: 'user' }).opts<Flags>();
}

it('how to write', () => {
  const args = [
    '--max-new-tokens',
    '9',
    '--do-sample',
    '--temperature',
    '0.5',
    '--top-k',
    '3',
    '--seed',
    '1',
  ];
  const more = [
    '--top-p',
    '0.9',
    '--min-p',
    '0.1',
    '--repetition-penalty',
    '1.2',
    '--stop',
    'a',
    '--stop',
    'b',
  ];
  expect(writingOptions(parse<WritingFlags>(addWritingOptions, [...args, ...more]))).toEqual({
    ...{ max_new_tokens: 9, do_sample: true, temperature: 0.5, top_k: 3, seed: 1 },
    ...{ top_p: 0.9, min_p: 0.1, repetition_penalty: 1.2, stop: ['a', 'b'] },
  });
  expect(Object.keys(writingOptions({}))).toEqual([]);
});

it.each([
  ['--temperature', '1'],
  ['--top-k', '1'],
  ['--min-p', '0.1'],
  ['--seed', '1'],
])('%s without --do-sample is BAD_OPTION under its own name', (flag, value) => {
  const message = expect.stringContaining(`${flag} applies to sampling only`);
  expect(() => writingOptions(parse<WritingFlags>(addWritingOptions, [flag, value]))).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message }),
  );
});

it('what the cache keeps, the policy’s seed under its name', () => {
  const args = [
    '--policy',
    'random',
    '--budget',
    '1k',
    '--sinks',
    '2',
    '--recent',
    '8',
    '--policy-seed',
    '7',
  ];
  expect(cacheOptions(parse<CacheFlags>(addCacheOptions, [...args, '--prefill-chunk-size', '16']))).toEqual({
    cache: { policy: 'random', budget: 1024, sinks: 2, recent: 8, seed: 7 },
    prefill_chunk_size: 16,
  });
  expect(cacheOptions({})).toEqual({ cache: {} });
});

it('tokens that end a text are numbers behind commas', () => {
  const given = (ids: string) =>
    writingOptions(parse<WritingFlags>(addWritingOptions, ['--eos-token-id', ids]));
  expect(given('2,32000')).toEqual({ eos_token_id: [2, 32000] });
  expect(given('7')).toEqual({ eos_token_id: [7] });
});
