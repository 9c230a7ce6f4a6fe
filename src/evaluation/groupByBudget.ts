// Which caches are read together: the rows of a batch have one number of slots and step together, so those of one
// budget are a batch.

/** The items by their budgets, in the order in which the budgets first come; within a group in their own order. */
export function groupByBudget<Item>(
  items: readonly Item[],
  budgetOf: (item: Item) => number | null,
): Item[][] {
  const groups = new Map<number | null, Item[]>();
  for (const item of items) {
    const budget = budgetOf(item);
    const group = groups.get(budget);
    if (group === undefined) groups.set(budget, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
