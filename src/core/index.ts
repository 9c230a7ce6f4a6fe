export { type ErrorCode, type ErrorDetails, TreekvError } from './error.ts';
export { hashUnit, Random } from './random.ts';
