// The groups of the ablation, and what its summary, table and plots make of units.
import { describe, expect, test } from 'vitest';
import { bootstrapMean, renderSvg } from '../../report/index.ts';
import { protocolOf, reportOf, unitsOf } from '../perplexity/perplexityReport.testing.ts';
import { planPolicies } from '../policySpec.ts';
import { ablationGroupNames, ablationGroups, findGroups } from './ablationGroups.ts';
import { ablationPlots } from './ablationPlots.ts';
import { summariseAblation } from './ablationSummary.ts';
import { ablationTable } from './ablationTable.ts';
import type { AblationProtocol, AblationReport } from './evaluateAblation.ts';

describe('the groups', () => {
  test.each(ablationGroupNames)(
    '%s has TreeKV as it is first, and differs from it in one option each',
    async (name) => {
      const { policies } = ablationGroups[name];
      expect(policies[0]).toBe('treekv');
      const [{ plan }, ...others] = await planPolicies(policies, { recent: 508 });
      expect(plan).toMatchObject({ budget: 1024, sinks: 4, recent: 508, selected: 512 });
      expect(plan).toMatchObject({ rule: 'prose', choice: 'score', score: 'mean', positions: 'by-place' });
      const own = {
        choice: 'choice',
        rule: 'rule',
        score: 'score',
        split: 'selected',
        positions: 'positions',
      } as const;
      for (const other of others) expect({ ...other.plan }[own[name]]).not.toEqual({ ...plan }[own[name]]);
    },
  );

  test('the splits are without recent entries, without sinks, and of selected ones only', async () => {
    const plans = (await planPolicies(ablationGroups.split.policies, { recent: 508 })).map(
      ({ plan }) => plan,
    );
    expect(plans.map(({ sinks, recent, selected }) => [sinks, recent, selected])).toEqual([
      [4, 508, 512],
      [4, 0, 1020],
      [0, 508, 516],
      [0, 0, 1024],
    ]);
  });

  test('are found by name, each once, and an unknown one is refused with the nearest', () => {
    expect(findGroups(['score', 'choice', 'score'])).toEqual(['score', 'choice']);
    const bad = (names: string[], words: string) =>
      expect(() => findGroups(names)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: words }),
      );
    bad(
      ['scores'],
      "'scores' is no group; did you mean 'score'? Groups: choice, rule, score, split, positions.",
    );
    bad(['xyzzy'], "'xyzzy' is no group. Groups: choice, rule, score, split, positions.");
    bad([], 'No group is named. Groups: choice, rule, score, split, positions.');
  });
});

const names = ['treekv', 'treekv:keep-left', 'treekv:keep-right', 'h2o'];
const protocol: AblationProtocol = {
  ...protocolOf({ 'a.txt': 8, 'b.txt': 5 }, names, { columns: [8] }),
  groups: [{ name: 'choice', policies: names.slice(0, 3) }],
  baselines: ['h2o', 'treekv'],
};
const units = unitsOf(protocol, (_, policy, token) => 2 + names.indexOf(policy) * (token < 4 ? 0.1 : 0.3));
const summary = summariseAblation(protocol, units);
const report: AblationReport = { ...reportOf(protocol, units), kind: 'ablation', protocol, summary };

test('means are over all tokens read of each document, short ones too', () => {
  expect(summary.policies[1]).toMatchObject({ policy: 'treekv:keep-left', documents: 2 });
  expect(summary.policies[1].nll).toBeCloseTo((2.2 + 2 + (4 * 0.1 + 0.3) / 5) / 2, 12);
});

test('differences are taken by document, and by whole bucket in blocks of neighbours', () => {
  const [{ byDocument, byBucket }] = summary.differences;
  expect(byDocument.n).toBe(2);
  expect(byDocument.mean).toBeCloseTo((0.2 + 0.14) / 2, 12);
  // four buckets of a.txt, two whole ones of b.txt
  const inBuckets = bootstrapMean([0.1, 0.1, 0.3, 0.3, 0.1, 0.1], {
    ...protocol.bootstrap,
    block: 3,
  });
  expect(byBucket?.n).toBe(6);
  expect(byBucket?.mean).toBeCloseTo(inBuckets.mean, 12);
  expect(byBucket?.low).toBeCloseTo(inBuckets.low ?? 0, 12);
});

test('without a whole bucket there is no interval over buckets', () => {
  const short = protocolOf({ 'a.txt': 1 }, names);
  const [{ byBucket, byDocument }] = summariseAblation(
    short,
    unitsOf(short, () => 1),
  ).differences;
  expect(byBucket).toBeNull();
  expect(byDocument).toEqual({ mean: 0, low: null, high: null, n: 1 });
});

test('the table has a part a group, with the baselines, each policy once', () => {
  const text = ablationTable(report);
  expect(text).toContain(ablationGroups.choice.title);
  for (const name of names) expect(text.split(`| ${name} |`)).toHaveLength(2);
  expect(text).toMatch(
    /\| treekv:keep-left \| 2 \+ 4 \+ 10 \| .* \| 0\.1700 \[-0\.1050, 0\.4450\] \| 0\.1667 \[/,
  );
  expect(text).toMatch(/\| treekv \| 2 \+ 4 \+ 10 \| 7\.3891 \| 2\.0000 \| - \| - \|/);
});

describe('the plots', () => {
  const plots = ablationPlots(report);
  const curve = (plot: string, policy: string) => {
    const { values } = plots[plot].data as { values: { policy: string; position: number; nll: number }[] };
    return values.filter((value) => value.policy === policy).map(({ position, nll }) => [position, nll]);
  };

  test('are two a group, a line a policy', async () => {
    expect(Object.keys(plots)).toEqual(['choice', 'choice-difference']);
    const svg = await renderSvg(plots.choice);
    for (const name of names) expect(svg).toContain(name);
  });

  test('show the mean so far at the ends of buckets, and how it differs from TreeKV', () => {
    const costs = (extra: readonly number[], base: number) =>
      extra.map((value, b) => [2 * (b + 1), expect.closeTo(base + value, 12)]);
    expect(curve('choice', 'treekv')).toEqual(costs([0, 0, 0, 0], 2));
    expect(curve('choice', 'h2o')).toEqual(costs([0.3, 0.3, 0.5, 0.6], 2));
    expect(curve('choice-difference', 'h2o')).toEqual(costs([0.3, 0.3, 0.5, 0.6], 0));
    expect(curve('choice-difference', 'treekv')).toEqual(costs([0, 0, 0, 0], 0));
  });
});
