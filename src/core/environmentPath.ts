// What a path in an environment variable means, for treekv's own and for Hugging Face's: what it means in Python's
// huggingface_hub. First a leading `~` is the home folder, then `$NAME` and `${NAME}` are filled in, and what is
// still relative begins where the process stands. Where Python would make a folder that is literally called `$NAME`
// or `~somebody`, this is an error.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { TreekvError } from './error.ts';

/** The user's home: HOME, else what the system says. */
export function userHome(variables: NodeJS.ProcessEnv = process.env): string {
  return variables.HOME || homedir();
}

/** The absolute path in the variable `name`; undefined if it is unset or empty. Throws BAD_OPTION. */
export function environmentPath(variables: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = variables[name];
  if (!value) return undefined;
  return resolve(fillIn(fromHome(value, variables, name), variables, name));
}

/** The folder for caches that XDG names, `~/.cache` unless it names one. */
export function xdgCacheFolder(variables: NodeJS.ProcessEnv): string {
  return environmentPath(variables, 'XDG_CACHE_HOME') ?? join(userHome(variables), '.cache');
}

function fromHome(value: string, variables: NodeJS.ProcessEnv, name: string): string {
  const [tilde, user] = /^~([^/\\]*)/.exec(value) ?? [];
  if (tilde === undefined) return value;
  if (user === '') return userHome(variables) + value.slice(1);
  throw bad(name, `'${value}' begins with the home of the user ${user}; write that folder out`);
}

function fillIn(value: string, variables: NodeJS.ProcessEnv, name: string): string {
  return value.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (_, bare?: string, braced?: string) => {
    const other = bare ?? braced ?? '';
    const filling = variables[other];
    if (filling !== undefined) return filling;
    throw bad(name, `'${value}' uses the variable ${other}, which is not set`);
  });
}

function bad(name: string, why: string): TreekvError {
  return new TreekvError('BAD_OPTION', `${name}: ${why}.`, { name });
}
