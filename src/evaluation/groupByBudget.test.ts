// Which caches step together.
import { expect, test } from 'vitest';
import { groupByBudget } from './groupByBudget.ts';

test('caches of one budget are together, a budget of none is one too, and the order is that of the list', () => {
  const budgets = [512, null, 256, 512, null];
  expect(groupByBudget([...budgets.keys()], (i) => budgets[i])).toEqual([[0, 3], [1, 4], [2]]);
  expect(groupByBudget([], () => null)).toEqual([]);
});
