// However and whenever a program ends while the engine works, it ends as it asked: with its own exit code, its own
// words on stderr and no crash. Each round draws a call, a moment and the company of a second model from its seed; the
// endings take turns, so that the short form has each of them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { Random } from '../src/core/index.ts';
import {
  type LongCall,
  longCalls,
  readInLoops,
  runEnding,
  uncaughtOnPurpose,
} from './support/endingProgram.ts';
import { rounds } from './support/rounds.ts';
import { collect, startProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

/** How a program ends, and what it then leaves behind. */
interface Ending {
  /** The last thing that the program does. */
  readonly lines: string;
  readonly code: number;
  readonly stdout: RegExp;
  readonly stderr: RegExp;
  /** @default all */
  readonly calls?: readonly LongCall[];
}

const nothing = /^$/;
/** For endings of the first model alone: the second goes on, and then ends too. */
const andOther = `if (other) {
  const { statistics } = await other.generate('The sea', { max_new_tokens: 2 }).result;
  say('other wrote ' + statistics.completion_tokens);
  await other.dispose();
}`;
const toTheEnd = { code: 0, stderr: nothing };
const inTheMiddle = { stdout: nothing, stderr: nothing };

const endings: Readonly<Record<string, Ending>> = {
  'dispose, twice at once': {
    ...toTheEnd,
    lines: `await Promise.all([model.dispose(), model.dispose()]); say('reached'); ${andOther}`,
    stdout: /^call DISPOSED\nreached\n(other wrote 2\n)?$/,
  },
  'process.exit': { ...inTheMiddle, lines: 'process.exit(7);', code: 7 },
  'an abort, then dispose': {
    ...toTheEnd,
    lines: `controller.abort(); await model.dispose(); say('reached'); ${andOther}`,
    stdout: /^call (ABORTED|DISPOSED)\nreached\n(other wrote 2\n)?$/,
  },
  'an uncaught error': {
    lines: "setTimeout(() => { throw new Error('on purpose'); });",
    code: 1,
    stdout: nothing,
    stderr: uncaughtOnPurpose,
  },
  'leaving the loop, then dispose': {
    ...toTheEnd,
    calls: readInLoops,
    lines: `leave(); await model.dispose(); say('reached'); ${andOther}`,
    stdout: /^call (ended|DISPOSED)\nreached\n(other wrote 2\n)?$/,
  },
  'an abort': {
    ...toTheEnd,
    lines: `controller.abort(); await other?.dispose();`,
    stdout: /^call ABORTED\n$/,
  },
  'a rejection that nobody handles': {
    lines: "Promise.reject(new Error('on purpose'));",
    code: 1,
    stdout: nothing,
    stderr: uncaughtOnPurpose,
  },
  'leaving the loop': {
    ...toTheEnd,
    calls: readInLoops,
    lines: 'leave(); await other?.dispose();',
    stdout: /^call ended\n$/,
  },
  'dispose, and process.exit at once': {
    ...inTheMiddle,
    lines: 'model.dispose(); process.exit(7);',
    code: 7,
  },
};

let folder = '';
const place = useTemporaryCache();

beforeAll(async () => {
  // large enough that packing takes a while
  const sizes = { layers: 6, hiddenSize: 512, intermediateSize: 1408, vocabSize: 96 };
  folder = await writeTinyFolder(join(place.folder, 'unpacked'), sizes);
  await writeFile(
    join(place.folder, 'template.jinja'),
    '{% for m in messages %}{{ m.content }} {% endfor %}',
  );
});

/** The seeds of as many rounds, and in each the draws that decide it. */
function drawn(count: number) {
  return Array.from({ length: count }, (_, round) => {
    const random = new Random(round);
    return {
      round,
      random,
      pick: <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)],
    };
  });
}

const working = drawn(rounds(9, 144)).map(({ round, random, pick }) => {
  const names = Object.keys(endings);
  const ending = names[round % names.length];
  const call = pick(endings[ending].calls ?? (Object.keys(longCalls) as LongCall[]));
  const delay = Math.floor(700 * random.next());
  return { call, ending, delay, two: random.next() < 0.3 };
});

it.each(working)('$call, $ending after $delay ms; two models: $two', async ({ call, ending, delay, two }) => {
  const { lines, code, stdout, stderr } = endings[ending];
  const ended = await runEnding(`
    const model = await open();
    const other = ${two} ? await open() : undefined;
    const call = ${longCalls[call]};
    sayHow(call(model, signal));
    if (other) call(other).catch(() => undefined);
    await later(${delay});
    ${lines}`);
  expect(ended).toEqual({
    code,
    stdout: expect.stringMatching(stdout),
    stderr: expect.stringMatching(stderr),
  });
});

const loads: Readonly<Record<string, Omit<Ending, 'calls'>>> = {
  'process.exit': { ...inTheMiddle, stdout: /^(call ended\n)?$/, lines: 'process.exit(7);', code: 7 },
  'an abort': { ...toTheEnd, lines: 'controller.abort();', stdout: /^call (ABORTED|ended)\n$/ },
  'an uncaught error': {
    lines: "setTimeout(() => { throw new Error('on purpose'); });",
    code: 1,
    stdout: /^(call ended\n)?$/,
    stderr: uncaughtOnPurpose,
  },
};

const loading = drawn(rounds(3, 36)).map(({ round, random }) => {
  const names = Object.keys(loads);
  const ending = names[round % names.length];
  return { ending, packs: random.next() < 0.5, delay: Math.floor(500 * random.next()), round };
});

it.each(loading)('load, $ending after $delay ms; packs: $packs', async ({ ending, packs, delay, round }) => {
  const { lines, code, stdout, stderr } = loads[ending];
  const ended = await runEnding(`
    process.env.TREEKV_CACHE = ${JSON.stringify(join(place.folder, `cache-${round}`))};
    sayHow(load(${packs ? JSON.stringify(folder) : undefined}, { threads: 1, signal }));
    await later(${delay});
    ${lines}`);
  expect(ended).toEqual({
    code,
    stdout: expect.stringMatching(stdout),
    stderr: expect.stringMatching(stderr),
  });
});

const commands: Readonly<Record<string, () => readonly string[]>> = {
  generate: () => ['generate', 'Once upon a time', '--max-new-tokens', '1000000'],
  chat: () => ['chat', '--template', join(place.folder, 'template.jinja'), '--max-new-tokens', '1000000'],
  'eval perplexity': () => ['eval', 'perplexity', '--text', 'assets/sample.txt', '--context', '8k'],
};

const interrupted = drawn(rounds(3, 30)).map(({ round, random }) => {
  const names = Object.keys(commands);
  const first = Math.floor(1500 * random.next());
  return { command: names[round % names.length], first, gap: Math.floor(60 * random.next()) };
});

// Windows has no SIGINT for a process without a console.
it.skipIf(process.platform === 'win32').each(interrupted)(
  '$command, Ctrl-C after $first ms and every $gap ms again',
  async ({ command, first, gap }) => {
    const child = startProgram(commands[command]());
    let open = true;
    const ended = collect(child).finally(() => {
      open = false;
    });
    child.stdin?.write('Hello\n');
    await later(first);
    while (open) {
      child.kill('SIGINT');
      await later(gap);
    }
    const { code, stderr } = await ended;
    // Before the program hears the signal, and when it has nothing left to do, the signal itself ends it: shells
    // call both 130.
    expect(code ?? child.signalCode).toBeOneOf([130, 'SIGINT']);
    expect(stderr).toMatch(
      /^(\(stopped\)\n)?(\nCtrl-C again leaves[^\n]+\n)?(\(stopped\)\n)?(\ntreekv: interrupted\n)?$/,
    );
  },
);
