// Means over documents, paired differences, and what was left out.
import { expect, test } from 'vitest';
import { bootstrapMean } from '../../report/index.ts';
import { protocolOf, unitsOf } from './perplexityReport.testing.ts';
import { summarisePerplexity } from './perplexitySummary.ts';

const protocol = protocolOf({ 'a.txt': 8, 'b.txt': 8, 'c.txt': 5 }, ['full', 'treekv', 'h2o']);
const base: Readonly<Record<string, number>> = { 'a.txt': 1, 'b.txt': 3, 'c.txt': 8 };
const extra: Readonly<Record<string, number>> = { full: 0, treekv: 0.5, h2o: 1 };
// h2o loses more on b than on a; all cost a little more from token 4 on.
const units = unitsOf(
  protocol,
  (document, policy, token) =>
    base[document] + extra[policy] * (document === 'b.txt' ? 2 : 1) + (token >= 4 ? 0.25 : 0),
);

test('a column is the mean over the documents long enough of their means, and exp of it', () => {
  const { means, tooShort } = summarisePerplexity(protocol, units);
  const of = (policy: string, column: number) =>
    means.find((one) => one.policy === policy && one.column === column);
  expect(of('full', 4)).toEqual({ policy: 'full', column: 4, documents: 3, nll: 4, perplexity: Math.exp(4) });
  expect(of('treekv', 8)).toMatchObject({ documents: 2, nll: (1.5 + 4) / 2 + 0.125 });
  expect(tooShort).toEqual([{ column: 8, documents: ['c.txt'] }]);
});

test('differences are paired by document and bootstrapped over documents, with the seed asked for', () => {
  const { differences } = summarisePerplexity(protocol, units);
  expect(differences.map(({ policy, column }) => [policy, column])).toEqual([
    ...[
      ['treekv', 4],
      ['treekv', 8],
    ],
    ...[
      ['h2o', 4],
      ['h2o', 8],
    ],
  ]);
  const expected = bootstrapMean([1, 2, 1], protocol.bootstrap);
  expect(differences[2]).toEqual({ policy: 'h2o', reference: 'full', column: 4, ...expected });
  const other = { ...protocol, bootstrap: { ...protocol.bootstrap, seed: 1, samples: 7 } };
  expect(summarisePerplexity(other, units).differences[2]).toMatchObject(
    bootstrapMean([1, 2, 1], other.bootstrap),
  );
});

test('another reference turns the differences round', () => {
  const { differences } = summarisePerplexity({ ...protocol, reference: 'h2o' }, units);
  expect(differences.map(({ policy }) => policy)).toEqual(['full', 'full', 'treekv', 'treekv']);
  expect(differences[0]).toMatchObject({ reference: 'h2o', mean: -4 / 3, n: 3 });
});

test('the mean over all tokens counts tokens alike', () => {
  const { policies } = summarisePerplexity(protocol, units);
  const nll = (8 * 1 + 8 * 3 + 5 * 8 + 0.25 * (4 + 4 + 1)) / 21;
  expect(policies[0].allTokens).toEqual({ tokens: 21, nll, perplexity: Math.exp(nll) });
});

test('the order of the units does not matter', () => {
  expect(summarisePerplexity(protocol, [...units].reverse())).toEqual(summarisePerplexity(protocol, units));
});

test('a column that no document reaches has no mean and no difference', () => {
  const short = protocolOf({ 'a.txt': 3 }, ['full', 'h2o']);
  const { means, differences } = summarisePerplexity(
    short,
    unitsOf(short, () => 1),
  );
  expect(means[0]).toEqual({ policy: 'full', column: 4, documents: 0, nll: null, perplexity: null });
  expect(differences).toEqual([]);
});
