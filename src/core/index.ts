export { type Environment, environment } from './environment.ts';
export { type ErrorCode, type ErrorDetails, TreekvError } from './error.ts';
export { nearest } from './nearest.ts';
export { hashUnit, Random } from './random.ts';
