// Trace files whose checksum is right and whose words are not: each is refused by the name of the file and of what
// is wrong, and none ends as a TypeError.
import { expect, it } from 'vitest';
import { protocolCard, treekv } from '../../policies/index.ts';
import type { AboutRun } from './aboutRun.ts';
import { replayRetention } from './replayRetention.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';
import { encodeTraces } from './traceFile.ts';

const options = { budget: 4, sinks: 0, recent: 0 };
const { trace: taken } = takeTrace({ definition: treekv, options, layers: 2 }, oneByOne(9));
const trace = { ...taken, policy: 'treekv' };
const about: AboutRun = {
  model: { name: 'tiny', fingerprint: 'f', dtype: 'fp32', trainedContext: 512 },
  protocol: {
    protocol: 'retention',
    ...{ textOrder: 'each alone', bos: 'none', stride: 'token by token', dtype: 'fp32' },
    ...{ chunk: 1, tokens: 9, ageBin: 4, loss: null },
    texts: [{ name: 'a', sha256: '00' }],
    policies: [{ name: 'treekv', cache: trace.plan, card: protocolCard(trace.plan, treekv) }],
    view: { layer: null, tree: { layer: 1, head: 0 } },
  },
};

const replay = (words: unknown, traces = [trace]) =>
  replayRetention(encodeTraces({ about: words, traces }), 'own.trace');

/** Every path to a field, objects and lists before what is in them. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, own]) => [[...path, key], ...paths(own, [...path, key])]);
}

/** A copy in which one field is something else; undefined takes it out. */
function changed([key, ...rest]: readonly string[], to: unknown, value: unknown = about): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = rest.length === 0 ? to : changed(rest, to, copy[key]);
  return copy;
}

it('a file that says all is replayed', async () => {
  expect(await replay(about)).toMatchObject({ model: about.model, complete: true });
});

it.each(paths(about).map((path) => [path.join('.'), path] as const))(
  '%s, absent or of another kind, is refused by name',
  async (_, path) => {
    for (const to of [undefined, [], true]) {
      await expect(replay(changed(path, to))).rejects.toMatchObject({
        code: 'BAD_FILE',
        message: expect.stringMatching(/^own\.trace cannot be replayed: .*(model|protocol|policies|treekv)/),
      });
    }
  },
);

it.each<[string, unknown, (typeof trace)[], RegExp]>([
  ['nothing said', null, [trace], /model\.name of the run that it is of is not said/],
  ['no trace', about, [], /its run had 1 policies, and it holds 0 traces/],
  ["another policy's trace", about, [{ ...trace, policy: 'h2o' }], /trace 0 is of 'h2o'.*'treekv'/],
  ['another length', changed(['protocol', 'tokens'], 8), [trace], /9 tokens, .* not of 8 tokens/],
])('%s is refused with the numbers', async (_, words, traces, message) => {
  await expect(replay(words, traces)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(message),
  });
});
