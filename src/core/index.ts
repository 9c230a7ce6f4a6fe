export { type Environment, environment } from './environment.ts';
export { type ErrorCode, type ErrorDetails, TreekvError } from './error.ts';
export { requireKnownKeys } from './knownKeys.ts';
export { nearest } from './nearest.ts';
export { packageRoot, packageVersion } from './packageRoot.ts';
export { hashUnit, Random } from './random.ts';
