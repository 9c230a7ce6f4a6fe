// How a command line names caches: words behind colons, one split for all, and errors that say what was meant.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { policyNames } from '../policies/index.ts';
import { planPolicies, requireSplitUsed, type SharedSplit } from './policySpec.ts';

const split: SharedSplit = { budget: 64, sinks: 2, recent: 20 };

async function planOf(spec: string, shared = split) {
  const [{ plan }] = await planPolicies([spec], shared);
  return plan;
}

test('every built-in policy but full gets the shared split', async () => {
  const names = policyNames.filter((name) => name !== 'full');
  for (const { name, plan } of await planPolicies(names, split)) {
    expect(plan).toMatchObject({ policy: name, variant: 'paper', ...split, selected: 42 });
  }
});

test.each([
  ['treekv:prose:printed', /'prose' and 'printed' in 'treekv:prose:printed' both set the rule; keep one/],
  ['h2o:official:paper', /both set the variant/],
  ['treekv:sum:sum', /both set the score/],
])('%s says one thing twice, which is BAD_OPTION', async (spec, message) => {
  await expect(planPolicies([spec], split)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringMatching(message),
  });
});

test.each<[string[], SharedSplit, 'budget' | 'sinks' | 'recent' | undefined]>([
  [['full'], { budget: 64 }, 'budget'],
  [['full', 'h2o:official'], { budget: 64 }, undefined],
  [['full', 'h2o:official', 'tova:official'], { sinks: 8 }, 'sinks'],
  [['h2o:official', 'treekv:no-recent'], { recent: 8 }, 'recent'],
  [['h2o:official', 'treekv:no-recent'], { sinks: 8 }, undefined],
  [['full'], {}, undefined],
  [['./mine.mjs'], { sinks: 8, recent: 3 }, undefined],
])('of %j with %j shared %s goes to nobody', (specs, shared, option) => {
  if (option === undefined) requireSplitUsed(specs, shared);
  else
    expect(() => requireSplitUsed(specs, shared)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', details: { option, value: shared[option] } }),
    );
});

test('full has no budget, whatever the others share', async () => {
  expect(await planOf('full')).toMatchObject({ policy: 'full', budget: null });
});

test('an official variant gets the budget and brings its own split', async () => {
  expect(await planOf('tova:official')).toMatchObject({
    variant: 'official',
    budget: 64,
    sinks: 0,
    recent: 0,
  });
});

test('without a shared split the defaults of the policies hold', async () => {
  expect(await planOf('treekv', {})).toMatchObject({ budget: 1024, sinks: 4, recent: 508 });
});

test.each([
  ['treekv:printed', { rule: 'printed' }],
  ['treekv:keep-left', { choice: 'keep-left' }],
  ['treekv:keep-right:printed', { choice: 'keep-right', rule: 'printed' }],
  ['treekv:prose:score', { choice: 'score', rule: 'prose' }],
  ['treekv:mean', { score: 'mean' }],
  ['treekv:sum', { score: 'sum' }],
  ['treekv:last:printed', { score: 'last', rule: 'printed' }],
  ['treekv:no-sinks', { sinks: 0, recent: 20, selected: 44 }],
  ['h2o:no-recent', { sinks: 2, recent: 0, selected: 62 }],
  ['treekv:no-sinks:no-recent', { sinks: 0, recent: 0, selected: 64 }],
  ['h2o:absolute', { positions: 'absolute' }],
  ['h2o:by-place', { positions: 'by-place' }],
  ['h2o:paper', { variant: 'paper' }],
])('%s sets %o', async (spec, expected) => {
  expect(await planOf(spec)).toMatchObject(expected);
});

test('a plan carries the name that it was given, in the order given', async () => {
  const specs = ['treekv:printed', 'full', 'treekv'];
  expect((await planPolicies(specs, split)).map(({ name }) => name)).toEqual(specs);
});

test('a module may be named by a file URL, whose colon is no option, with options behind it', async () => {
  const folder = join(import.meta.dirname, '..', '..', 'test', 'fixtures');
  const url = pathToFileURL(join(folder, 'everyKth.mjs')).href;
  expect(await planOf(`${url}:absolute`)).toMatchObject({ policy: url, positions: 'absolute', ...split });
});

test.each([
  ['treekv:prinetd', /'prinetd' in 'treekv:prinetd' is no option\. Did you mean 'printed'\?/],
  ['treekv:xyzzyx', /'xyzzyx' in 'treekv:xyzzyx' is no option\. Options: paper, official/],
  ['treekv:', /'' in 'treekv:' is no option/],
  ['treekvv', /Unknown policy 'treekvv'\. Did you mean 'treekv'\?/],
  ['', /policy' must be a text that is not empty/],
  ['h2o:printed', /'rule' does not apply to policy 'h2o'/],
  ['h2o:sum', /'score' does not apply to policy 'h2o'/],
  ['treekv:keep-left:sum', /'score' has no effect beside choice 'keep-left'/],
  ['full:no-sinks', /'sinks' does not apply to policy 'full'/],
  ['full:keep-left', /'choice' does not apply to policy 'full'/],
])('%j is BAD_OPTION', async (spec, message) => {
  await expect(planPolicies([spec], split)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringMatching(message),
  });
});

test('a policy named twice is BAD_OPTION', async () => {
  await expect(planPolicies(['h2o', 'treekv', 'h2o'], split)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining("'h2o' is named twice"),
  });
});

test('a budget with no room for a choice is BUDGET_TOO_SMALL', async () => {
  await expect(planPolicies(['h2o'], { budget: 22, sinks: 2, recent: 20 })).rejects.toMatchObject({
    code: 'BUDGET_TOO_SMALL',
  });
});
