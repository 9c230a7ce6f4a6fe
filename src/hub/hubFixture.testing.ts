// A hub and an empty cache for the running test: the environment points to them, and never to the user's own.
// Only tests import it.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type Fault, HubServer, type HubServerOptions, refuse } from './hubServer.testing.ts';

/** What a test has at hand. */
export interface HubFixture {
  readonly hub: HubServer;
  /** The hub cache. */
  readonly cache: string;
  /** `models--org--name` in it. */
  readonly repository: string;
}

export const weightsFile = 'model.safetensors';
/** Bytes without meaning. */
export const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) ^ (i >> 8));

/** Files of a repository as models have them. */
export const tinyFiles: Readonly<Record<string, string | Uint8Array>> = {
  'README.md': '# tiny',
  'config.json': '{"model_type":"llama"}',
  'tokenizer.json': '{"model":{}}',
  'tokenizer_config.json': '{}',
  'generation_config.json': '{"eos_token_id":1}',
  [weightsFile]: weights,
};

/** Patience that suits a test. */
export const quick = { attempts: 3, firstWaitMs: 1, longestWaitMs: 2000, stallMs: 10_000 };

/** How long a cut waits for the bytes before it to be written, and how often it looks. */
const patience = { timeout: 10_000, interval: 1 };

/** Starts a hub and points the environment to it, until the running test ends. */
export async function startHub(options: Partial<HubServerOptions> = {}): Promise<HubFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-hub-'));
  const hub = await HubServer.start({ files: tinyFiles, ...options });
  const cache = join(folder, 'hub');
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, undefined);
  for (const name of ['TRANSFORMERS_OFFLINE', 'HUGGINGFACE_HUB_CACHE', 'XDG_CACHE_HOME'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('HF_HOME', folder);
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });
  const repository = join(cache, `models--${hub.repository.replace('/', '--')}`);
  hub.beforeCut = (path, bytes) =>
    vi.waitFor(async () => {
      const { size } = await stat(join(repository, 'blobs', `${hub.hashOf(path)}.incomplete`));
      if (size < bytes) throw new Error(`${size} bytes of ${path} are written, ${bytes} were sent`);
    }, patience);
  return { hub, cache, repository };
}

/** Where a download of the weights begins. */
export function incompleteWeights({ repository, hub }: HubFixture): string {
  return join(repository, 'blobs', `${hub.hashOf(weightsFile)}.incomplete`);
}

/** Whether the weights in the cache are those of the hub; a matcher would compare 300,000 elements. */
export async function weightsAreWhole({ repository, hub }: HubFixture): Promise<boolean> {
  return (await readFile(join(repository, 'snapshots', hub.commit, weightsFile))).equals(weights);
}

/** The ranges asked for of large files. */
export function ranges({ hub }: HubFixture): (string | undefined)[] {
  return hub.requests.filter(({ at }) => at === 'cdn').map(({ range }) => range);
}

/** Refuses the first `times` requests whose path contains `part`. */
export function refusing(part: string, times: number, status: number, reason?: string, headers = {}): Fault {
  let left = times;
  return (_, response, { path }) => {
    if (!path.includes(part) || left === 0) return false;
    left--;
    refuse(response, status, reason, headers);
    return true;
  };
}
