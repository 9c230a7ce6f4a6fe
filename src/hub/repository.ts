// What a repository holds: the commit that a revision means, and the files of a commit with their sizes and
// hashes. Asked through @huggingface/hub, whose functions know the hub's addresses and pages; requests and
// failures are ours (`network.ts`), handed in as its `fetch`. Its own `accessToken` is left alone: it refuses
// tokens that do not begin with hf_, and would send them to whatever host the next page is said to be on.
//
// Every answer is checked before it is used: hashes and paths become names of files.
import { TreekvError } from '../core/index.ts';
import { nonsense, refusal, type Subject } from './hubErrors.ts';
import { isCommit, isSafePath } from './modelId.ts';
import { get, type HubConnection, overNetwork } from './network.ts';
import { retrying } from './retry.ts';

/** A file of a commit. */
export interface RepositoryFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What its bytes hash to, and the name of its blob. */
  readonly hash: FileHash;
}

/** SHA-256 of the bytes for files in large file storage, git's blob id (SHA-1) for the others. */
export interface FileHash {
  readonly kind: 'sha256' | 'git';
  /** 64 or 40 hexadecimal digits. */
  readonly hex: string;
}

/** A listing is a few hundred bytes a file; past this it is no listing. */
const longestAnswer = 64 * 2 ** 20;
const mostFiles = 20_000;
/** No file is larger than a pebibyte. */
const largestFile = 2 ** 50;

/** The commit that a revision means now. */
export async function resolveCommit(connection: HubConnection, subject: Subject): Promise<string> {
  const { modelInfo } = await import('@huggingface/hub');
  const { sha } = await asking(subject, () =>
    modelInfo({
      name: subject.repository,
      revision: subject.revision,
      additionalFields: ['sha'],
      hubUrl: connection.endpoint,
      fetch: metadataFetch(connection, subject),
    }),
  );
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw nonsense(subject, `the commit of '${subject.revision}' is ${JSON.stringify(sha)}`);
}

/** All files of a commit; `subject.revision` is the commit. */
export async function listRepository(
  connection: HubConnection,
  subject: Subject,
): Promise<readonly RepositoryFile[]> {
  const { listFiles } = await import('@huggingface/hub');
  return asking(subject, async () => {
    const files: RepositoryFile[] = [];
    const entries = listFiles({
      repo: { type: 'model', name: subject.repository },
      revision: subject.revision,
      recursive: true,
      hubUrl: connection.endpoint,
      fetch: metadataFetch(connection, subject),
    });
    for await (const entry of entries) {
      if (entry.type === 'file') files.push(checkFile(entry, subject));
      if (files.length > mostFiles) throw nonsense(subject, `it lists more than ${mostFiles} files`);
    }
    return files;
  });
}

interface ListedFile {
  readonly path: unknown;
  readonly size: unknown;
  readonly oid?: unknown;
  readonly lfs?: { readonly oid: unknown; readonly size: unknown };
  readonly xetHash?: unknown;
}

function checkFile({ path, size, oid, lfs, xetHash }: ListedFile, subject: Subject): RepositoryFile {
  if (typeof path !== 'string' || !isSafePath(path)) {
    throw nonsense(subject, `it lists a file at ${JSON.stringify(path)}`);
  }
  const bytes = lfs === undefined ? size : lfs.size;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0 || bytes > largestFile) {
    throw nonsense(subject, `the size of ${path} is ${JSON.stringify(bytes)}`);
  }
  // Of a file that only has a Xet hash, nothing is known that its bytes could be checked by.
  const hex = lfs === undefined ? (xetHash === undefined ? oid : undefined) : lfs.oid;
  const kind = lfs === undefined ? 'git' : 'sha256';
  if (typeof hex !== 'string' || !(kind === 'git' ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/).test(hex)) {
    throw nonsense(subject, `the hash of ${path} is ${JSON.stringify(hex)}`);
  }
  return { path, size: bytes, hash: { kind, hex } };
}

/** What the hub's client throws of its own accord comes from an answer that it cannot read. */
async function asking<T>(subject: Subject, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof TreekvError) throw cause;
    throw nonsense(subject, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A fetch for small answers: it tries again, reads to the end and returns successes only. */
function metadataFetch(connection: HubConnection, subject: Subject): typeof fetch {
  return (input) =>
    retrying(connection.plan, connection.signal, () =>
      overNetwork(connection, async (link) => {
        const response = await get(connection, String(input), { accept: 'application/json' }, link);
        if (!response.ok) {
          await response.body?.cancel();
          throw refusal(response, subject, connection);
        }
        const chunks: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of response.body ?? []) {
          link.alive();
          chunks.push(chunk);
          length += chunk.length;
          if (length > longestAnswer) throw nonsense(subject, `it is longer than ${longestAnswer} bytes`);
        }
        const next = response.headers.get('link');
        return new Response(Buffer.concat(chunks), { headers: next === null ? {} : { link: next } });
      }),
    );
}
