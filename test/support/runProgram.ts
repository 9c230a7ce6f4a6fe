// The built program in a process of its own, as a person starts it. `npm run build` comes before (npm test does it).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Starts `treekv` with these words, without a terminal. */
export function startProgram(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...words], { env: { ...process.env, CI: '1' } });
}

/** What a process writes until it ends. */
export async function collect(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Runs `treekv` with these words to its end. */
export function runProgram(...words: readonly string[]): Promise<Ended> {
  return collect(startProgram(words));
}
