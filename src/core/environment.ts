// The one place that reads TREEKV_* environment variables, so that a reader finds them all here. It reads
// them when asked and keeps nothing: a test, or a program that sets them late, sees its own values.

import { environmentPath } from './environmentPath.ts';

/** What the environment may set. */
export interface Environment {
  /** TREEKV_CACHE: the folder for packed weights, absolute; unset or empty leaves the platform's. */
  readonly cacheFolder?: string;
}

/** The settings in the given variables. Throws BAD_OPTION for a path that means nothing. */
export function environment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const cacheFolder = environmentPath(variables, 'TREEKV_CACHE');
  return cacheFolder === undefined ? {} : { cacheFolder };
}
