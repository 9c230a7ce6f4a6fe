// One measurement of `realModel.ts` in a process of its own, since peaks of memory never fall: the path of a model and
// a weight type come in as arguments, one line of JSON goes out. Arguments: `load`, folder, weight type; or `pack`,
// folder, weight type, file to write.
import { load } from '../src/index.ts';
import { packModel } from '../src/model/index.ts';
import { parseDtype } from '../src/model/packedWeights.ts';

/** What `load` measures; bytes and seconds. */
export interface LoadFigures {
  readonly seconds: number;
  /** Of all threads, since the process began: on a busy machine less than the time that passed. */
  readonly processorSeconds: number;
  readonly peakLoaded: number;
  readonly peakUsed: number;
  readonly promptTokens: number;
  readonly tokensPerSecond: number;
}

/** What `pack` measures; bytes and seconds. */
export interface PackFigures {
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Heap and array buffers of the thread that packs. */
  readonly peakHeld: number;
  /** Resident memory of the process at the beginning, and its peak. */
  readonly before: number;
  readonly peakResident: number;
}

const [task, folder, dtype, target] = process.argv.slice(2);
const figures = task === 'pack' ? await pack() : await loadAndUse();
process.stdout.write(JSON.stringify(figures));

async function loadAndUse(): Promise<LoadFigures> {
  const started = performance.now();
  const model = await load(folder, { dtype: parseDtype(dtype) });
  const seconds = (performance.now() - started) / 1000;
  const processorSeconds = processorTime();
  const peakLoaded = peak();
  // 64 tokens of the tokenizer in randomModel.ts
  const { statistics } = await model.generate('ab '.repeat(32), { max_new_tokens: 8 }).result;
  const peakUsed = peak();
  const longer = await model.generate('abcd', { max_new_tokens: 32 }).result;
  await model.dispose();
  return {
    seconds,
    processorSeconds,
    peakLoaded,
    peakUsed,
    promptTokens: statistics.prompt_tokens,
    tokensPerSecond: longer.statistics.tokensPerSecond,
  };
}

async function pack(): Promise<PackFigures> {
  const before = process.memoryUsage.rss();
  let peakHeld = 0;
  const sample = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    peakHeld = Math.max(peakHeld, heapUsed + arrayBuffers);
  };
  const timer = setInterval(sample, 5);
  const started = performance.now();
  await packModel(folder, parseDtype(dtype), target, { onProgress: sample });
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, processorSeconds: processorTime(), peakHeld, before, peakResident: peak() };
}

/** Most memory that the process has held resident so far. */
function peak(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
