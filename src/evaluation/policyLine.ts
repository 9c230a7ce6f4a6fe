// A cache of a result in one line of "How it was measured".
import type { PolicyRecord } from './policyRecord.ts';

/** A cache in one line: what it keeps and how it chooses. @param entriesVisible null: all. */
export function policyLine({ name, cache, card }: PolicyRecord, entriesVisible: number | null): string {
  const { budget, sinks, recent, selected } = cache;
  const split = `${sinks} sinks + ${recent} recent + ${selected} selected`;
  const kept = budget === null ? 'keeps everything' : `keeps ${count(budget)} = ${split}`;
  const visible =
    entriesVisible === null ? 'all entries visible' : `${count(entriesVisible)} entries visible at most`;
  return (
    `- ${name}: ${kept}; ${visible}; score: ${card.score}; evicts: ` +
    `${card.when}; sharing: ${card.sharing}; group: ${card.group}; positions: ${card.positions}; order: ${card.order}`
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
