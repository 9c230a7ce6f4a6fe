export {
  type Check,
  check,
  isBytes,
  isCheckedLater,
  isFlag,
  isFunction,
  isInteger,
  isListOf,
  isName,
  isNumber,
  isObject,
  isOneOf,
  isSignal,
  isText,
  requireArgument,
  requireNotAborted,
  requireOptions,
  shown,
} from './arguments.ts';
export {
  type ByteSink,
  type OpenForWriting,
  removeAbandoned,
  removeLeftovers,
  type WritableFile,
  writeAtomically,
  writeWhole,
} from './atomicFile.ts';
export { contentHashName, hashFile, startContentHash } from './contentHash.ts';
export { decodeUtf8 } from './decodeUtf8.ts';
export { type Environment, environment } from './environment.ts';
export { environmentPath, userHome, xdgCacheFolder } from './environmentPath.ts';
export { type ErrorCode, type ErrorDetails, TreekvError } from './error.ts';
export { openForReading, readExactly } from './fileReader.ts';
export { requireApplicableKeys, requireKnownKeys } from './knownKeys.ts';
export { makeFolder } from './makeFolder.ts';
export { NativeGate } from './nativeGate.ts';
export { nearest } from './nearest.ts';
export { integerOption, wordOption } from './optionValue.ts';
export { packageRoot, packageVersion } from './packageRoot.ts';
export { hashUnit, Random } from './random.ts';
export { readBytes, readTextFile, readTextIfPresent } from './readTextFile.ts';
export { readThrough } from './readThrough.ts';
export { requireFree } from './requireFree.ts';
export { mostThreads, threadOption } from './threadOption.ts';
export { type FloatDtype, float16Values, isFloatDtype, widen } from './widen.ts';
