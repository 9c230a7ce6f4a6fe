// Predictions in LongBench's own form, for its eval.py to score: a folder a policy (its `--model`), a file a task, a
// line a sample with the fields that eval.py reads.
import { join } from 'node:path';
import { writeWhole } from '../../report/index.ts';
import type { LongBenchData } from './longBenchData.ts';
import { type LongBenchUnit, unitKey } from './longBenchUnit.ts';

/**
 * Writes the files; those of an earlier run are replaced. Returns their paths.
 * @param units all of the run's.
 * Throws WRITE_FAILED.
 */
export async function writePredictions(
  folder: string,
  { tasks }: LongBenchData,
  units: readonly LongBenchUnit[],
): Promise<string[]> {
  const policies = [...new Set(units.map(({ policy }) => policy))];
  const predictions = new Map(units.map(({ key, prediction }) => [key, prediction]));
  const written: string[] = [];
  for (const [p, own] of folderNames(policies).entries()) {
    for (const { task, samples } of tasks) {
      const lines = samples.map(({ index, answers, classes, length }) => {
        const pred = predictions.get(unitKey(task.name, index, policies[p]));
        return JSON.stringify({ pred, answers, all_classes: classes, length });
      });
      const file = join(folder, own, `${task.name}.jsonl`);
      await writeWhole(file, `${lines.join('\n')}\n`);
      written.push(file);
    }
  }
  return written;
}

/** Names that every file system takes, and that differ where the policies do. */
export function folderNames(policies: readonly string[]): string[] {
  const names: string[] = [];
  for (const policy of policies) {
    const plain = policy.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '');
    const taken = names.filter((name) => name === plain || name.startsWith(`${plain}~`)).length;
    names.push(taken === 0 ? plain : `${plain}~${taken + 1}`);
  }
  return names;
}
