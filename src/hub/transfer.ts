// The bytes of one file on their way from the hub to disk: goes on from what is at hand, again and again while
// connections break, and hashes what passes.
//
// Whether the server still has the file that was begun is judged by the hash at the end, not with If-Range:
// the address names a commit, and the host that serves the bytes has ETags of its own, so asking with the
// hub's would throw every beginning away. Bytes are written at their places and the file is never cut: two
// processes that fetch one file write the same.
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { TreekvError } from '../core/index.ts';
import { orWriteFailed } from './diskErrors.ts';
import { refusal, type Subject } from './hubErrors.ts';
import { get, type HubConnection, type Link, overNetwork } from './network.ts';
import { type FileProgress, fileProgress, type PullReport } from './pullProgress.ts';
import type { RepositoryFile } from './repository.ts';
import { retrying, transient } from './retry.ts';

/** Bytes of the beginning that are read at once. */
const piece = 2 ** 20;

/** What to fetch, from where. */
export interface BlobRequest {
  readonly connection: HubConnection;
  /** The repository, and the commit as its revision. */
  readonly subject: Subject;
  readonly file: RepositoryFile;
  readonly report: PullReport;
}

/** One file on its way. */
export class Transfer {
  private readonly request: BlobRequest;
  private readonly path: string;
  private readonly handle: FileHandle;
  /** Of the first `loaded` bytes. */
  private hash: Hash;
  /** Bytes at hand, from the first on without a gap. */
  private loaded = 0;
  /** The most that `loaded` ever was. */
  private furthest = 0;
  private toldThousandths = 0;

  /** @param handle of the file at `path`, open for reading and writing; what it holds is the beginning. */
  constructor(request: BlobRequest, path: string, handle: FileHandle) {
    this.request = request;
    this.path = path;
    this.handle = handle;
    this.hash = startHash(request.file);
  }

  /** Fetches what is missing; answers the hash of the whole, in hexadecimal. */
  async run(): Promise<string> {
    const { connection, file } = this.request;
    await this.readBeginning();
    this.tell('download');
    let reached = this.furthest;
    const progressed = (): boolean => {
      const further = this.furthest > reached;
      reached = this.furthest;
      return further;
    };
    if (this.loaded < file.size) {
      const receive = () => overNetwork(connection, (link) => this.receive(link));
      await retrying(connection.plan, connection.signal, receive, progressed);
    }
    return this.hash.digest('hex');
  }

  private async readBeginning(): Promise<void> {
    const { size } = await this.handle.stat();
    const bytes = new Uint8Array(Math.min(piece, size));
    while (this.loaded < size) {
      const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, this.loaded);
      if (bytesRead === 0) break;
      this.hash.update(bytes.subarray(0, bytesRead));
      this.loaded += bytesRead;
    }
    this.furthest = this.loaded;
  }

  /** One connection, until all bytes are there. */
  private async receive(link: Link): Promise<void> {
    const { connection, subject, file } = this.request;
    let response = await this.ask(link);
    if (this.loaded > 0 && !this.continues(response)) {
      // The server has no such range, or another one: all of it, then.
      this.startAnew();
      if (response.status !== 200) {
        await response.body?.cancel();
        response = await this.ask(link);
      }
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response, { ...subject, file: file.path }, connection);
    }
    this.requireLength(response);
    for await (const chunk of response.body ?? []) {
      await this.take(chunk);
      link.alive();
    }
    if (this.loaded < file.size) {
      const message = `The connection ended at byte ${this.loaded} of the ${file.size} of ${file.path}.`;
      throw transient(message, { ...subject, file: file.path, loaded: this.loaded, total: file.size });
    }
  }

  private ask(link: Link): Promise<Response> {
    const { connection, subject, file } = this.request;
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    const address = `${connection.endpoint}/${subject.repository}/resolve/${subject.revision}/${path}`;
    return get(connection, address, this.loaded > 0 ? { range: `bytes=${this.loaded}-` } : {}, link);
  }

  /** Whether an answer is what is missing, or a failure that says nothing about ranges. */
  private continues(response: Response): boolean {
    if (response.status === 206) {
      const [, start] = contentRange(response) ?? [];
      return start === String(this.loaded) && !response.headers.has('content-encoding');
    }
    return response.status !== 200 && response.status !== 416;
  }

  private startAnew(): void {
    this.hash = startHash(this.request.file);
    this.loaded = 0;
  }

  /** Throws if the server says beforehand that it has another file. */
  private requireLength(response: Response): void {
    const { size } = this.request.file;
    const [, , total] = contentRange(response) ?? [];
    const whole = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
    const offered = response.status === 206 ? total : whole;
    if (offered !== undefined && offered !== null && offered !== '*' && offered !== String(size)) {
      throw this.wrongLength(Number(offered));
    }
  }

  private async take(chunk: Uint8Array): Promise<void> {
    const { size } = this.request.file;
    if (this.loaded + chunk.length > size) throw this.wrongLength(this.loaded + chunk.length);
    await orWriteFailed(this.path, async () => {
      for (let done = 0; done < chunk.length; ) {
        const at = this.loaded + done;
        done += (await this.handle.write(chunk, done, chunk.length - done, at)).bytesWritten;
      }
    });
    this.hash.update(chunk);
    this.loaded += chunk.length;
    this.furthest = Math.max(this.furthest, this.loaded);
    const thousandths = Math.floor((1000 * this.loaded) / size);
    if (thousandths === this.toldThousandths) return;
    this.toldThousandths = thousandths;
    this.tell('progress');
  }

  private tell(status: FileProgress['status']): void {
    const { file, report } = this.request;
    report(fileProgress(status, file.path, this.loaded, file.size));
  }

  private wrongLength(bytes: number): TreekvError {
    const { subject, file } = this.request;
    const message =
      `The server sends ${bytes} bytes or more as ${file.path} of ${subject.repository}, which the hub lists with ` +
      `${file.size}; something between here and the hub changes it.`;
    return new TreekvError('DOWNLOAD_FAILED', message, {
      ...subject,
      file: file.path,
      size: file.size,
      bytes,
    });
  }
}

/** A new hash of a file's bytes: SHA-256, or git's, which hashes `blob SIZE\0` in front of them. */
function startHash({ hash, size }: RepositoryFile): Hash {
  return hash.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** `bytes START-END/TOTAL`, TOTAL a number or `*`. */
function contentRange(response: Response): RegExpExecArray | undefined {
  return /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? undefined;
}
