// Programs that end in the middle of their work, run to their end in a process of their own. A program is the text of
// a module that uses the built library; it says on stdout what became of its calls.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collect, type Ended } from './runProgram.ts';

/** Where programs import the library from. */
export const libraryUrl = pathToFileURL(join(import.meta.dirname, '..', '..', 'dist', 'index.js')).href;

/** Calls that take minutes, as functions of a model and a signal; `read` reads on until `leave()`. */
export const longCalls = {
  generate: `(model, signal) => read(model.generate('Once upon a time', { max_new_tokens: 1e6, signal }))`,
  'session.generate': `async (model, signal) => {
    const session = await model.session();
    await session.append('Once upon a time');
    await read(session.generate({ max_new_tokens: 1e6, signal }));
  }`,
  append: `async (model, signal) => (await model.session()).append(text, { signal })`,
  'append in prefill mode full': `async (model, signal) =>
    (await model.session({ prefill: { mode: 'full', method: 'snapkv' } })).append(text, { signal })`,
  perplexity: `(model, signal) => model.perplexity(text, { signal })`,
  'chat.send': `async (model, signal) => {
    const chat = await model.chat({ template });
    await read(chat.send('Hello', { max_new_tokens: 1e6, signal }));
  }`,
} as const;

export type LongCall = keyof typeof longCalls;

/** Of these, the ones that can be left by leaving a loop. */
export const readInLoops: readonly LongCall[] = ['generate', 'session.generate', 'chat.send'];

const beginning = `
import { load } from ${JSON.stringify(libraryUrl)};
const controller = new AbortController();
const { signal } = controller;
const text = 'It was a fine morning, and the boats went out as they always had. '.repeat(2000);
const template =
  '{% for m in messages %}{{ m.role }}: {{ m.content }}. {% endfor %}' +
  '{% if add_generation_prompt %}assistant: {% endif %}';
const say = (words) => void process.stdout.write(words + '\\n');
let left = false;
const leave = () => void (left = true);
const read = async (stream) => { for await (const piece of stream) if (left) break; };
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const sayHow = (call) => call.then(() => say('call ended'), ({ code, message }) => say('call ' + (code ?? message)));
const open = () => load(undefined, { threads: 1, cache: { budget: 256 } });
`;

/** Runs a program whose first lines are at hand: the library, the words of long calls, `open`, `say`, `later`. */
export function runEnding(lines: string): Promise<Ended> {
  // One that hangs is a failure, and must not outlive its test.
  const child = spawn(process.execPath, ['--input-type=module'], { timeout: 120_000, killSignal: 'SIGKILL' });
  child.stdin.end(beginning + lines);
  return collect(child);
}

/** All that Node writes of an error that nobody catches. */
export const uncaughtOnPurpose =
  /^\S+:\d+\n[^\n]*\n *\^\n\nError: on purpose\n(?: {4}at [^\n]+\n)+\nNode\.js v[\d.]+\n$/;
