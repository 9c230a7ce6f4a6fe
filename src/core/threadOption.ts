// How many threads an engine may be told to use. More than the cores only wait for one another, and each is made
// before the first token: ten thousand take minutes and gigabytes. Some more than the cores are let through, since a
// script moves between machines, and what the system counts as cores is not always what it grants.
import { availableParallelism } from 'node:os';
import { integerOption } from './optionValue.ts';

/** Most threads on a machine with so many cores: four times as many, from 16 to 256. */
export function mostThreads(cores: number): number {
  return Math.min(256, Math.max(16, 4 * cores));
}

/** The threads asked for, or else the cores at hand. Throws BAD_OPTION for none, and for more than `mostThreads`. */
export function threadOption(threads: number | undefined, cores: number = availableParallelism()): number {
  return integerOption('Load', 'threads', threads ?? cores, 1, Math.max(cores, mostThreads(cores)));
}
