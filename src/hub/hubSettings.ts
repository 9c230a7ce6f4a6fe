// The one place that reads the Hugging Face environment variables. Names, order and defaults are those of the
// Python library huggingface_hub, so that both find the same cache and the same token. It differs in one
// thing: a value that means nothing is an error here, not a default. The token is never part of a message.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentPath, TreekvError, xdgCacheFolder } from '../core/index.ts';

/** Where models come from and where they are kept. */
export interface HubSettings {
  /** The hub cache, absolute; it may not exist yet. */
  readonly cacheFolder: string;
  /** The hub's address without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint alone. */
  readonly token?: string;
  /** The variable that forbids the network, if one does. */
  readonly offline?: string;
}

/**
 * The settings in the given variables: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME;
 * HF_ENDPOINT; HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH; HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE. An
 * empty variable counts as unset. Throws BAD_OPTION for a value that is none, BAD_FILE for a token file that
 * cannot be read.
 */
export async function readHubSettings(variables: NodeJS.ProcessEnv = process.env): Promise<HubSettings> {
  const home = homeFolder(variables);
  const cache =
    environmentPath(variables, 'HF_HUB_CACHE') ??
    environmentPath(variables, 'HUGGINGFACE_HUB_CACHE') ??
    join(home, 'hub');
  const endpoint = parseEndpoint(variables.HF_ENDPOINT || 'https://huggingface.co');
  const offline = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => isOn(variables, name));
  if (offline !== undefined) return { cacheFolder: cache, endpoint, offline };
  const token = await readToken(variables, home);
  return { cacheFolder: cache, endpoint, ...(token !== undefined && { token }) };
}

function homeFolder(variables: NodeJS.ProcessEnv): string {
  const own = environmentPath(variables, 'HF_HOME');
  if (own !== undefined) return own;
  return join(xdgCacheFolder(variables), 'huggingface');
}

function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const sound =
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (!sound) {
    throw bad('HF_ENDPOINT', `'${text}' is no address of a hub; it should be like https://huggingface.co`);
  }
  return text.replace(/\/+$/, '');
}

const on = ['1', 'ON', 'YES', 'TRUE'];
const off = ['0', 'OFF', 'NO', 'FALSE', ''];

function isOn(variables: NodeJS.ProcessEnv, name: string): boolean {
  const value = (variables[name] ?? '').toUpperCase();
  if (on.includes(value)) return true;
  if (off.includes(value)) return false;
  throw bad(name, `'${variables[name]}' is neither on nor off; write 1 or 0`);
}

async function readToken(variables: NodeJS.ProcessEnv, home: string): Promise<string | undefined> {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = variables[name];
    if (token) return cleanToken(token, name);
  }
  const file = environmentPath(variables, 'HF_TOKEN_PATH') ?? join(home, 'token');
  try {
    return cleanToken(await readFile(file, 'utf8'), file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (cause instanceof TreekvError) throw cause;
    const message = `${file}, which should hold a Hugging Face token, cannot be read (${code}).`;
    throw new TreekvError('BAD_FILE', message, { file, code }, { cause });
  }
}

/** The token in a text, or none if the text is blank. */
function cleanToken(text: string, where: string): string | undefined {
  const token = text.trim();
  if (token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw bad(where, 'a token is one line of letters, digits and signs without spaces; copy it again');
}

function bad(name: string, why: string): TreekvError {
  return new TreekvError('BAD_OPTION', `${name}: ${why}.`, { name });
}
