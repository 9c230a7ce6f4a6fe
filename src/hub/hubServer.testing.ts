// A hub for tests: a server on 127.0.0.1 that plays the routes that treekv asks for (metadata of a revision, the
// listing of a commit in pages, files by way of a redirect to a second server, as the hub hands large files to
// other hosts), logs every request, and misbehaves when told to. Only tests import it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the served repository is like. */
export interface HubServerOptions {
  /** @default 'org/tiny' */
  readonly repository?: string;
  /** Path to content. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Paths kept in large file storage. @default those that end in .safetensors or .gguf */
  readonly large?: (path: string) => boolean;
  /** Changes the entries of the listing before they are sent. */
  readonly listing?: (entries: ListedEntry[]) => unknown;
  /** What the hub demands of requests; without it anybody may read. */
  readonly token?: string;
}

/** A file as the hub's listing names it. */
export interface ListedEntry {
  type: string;
  path: string;
  size: number;
  oid: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

/** A request that came in. */
export interface LoggedRequest {
  /** Which server got it. */
  readonly at: 'hub' | 'cdn';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Bytes of the body that were sent for it. */
  sent: number;
}

/** Answers in place of the server; false leaves the request to it. */
export type Fault = (request: IncomingMessage, response: ServerResponse, log: LoggedRequest) => boolean;

/** How bytes of a file are served. */
export interface Serving {
  /** Ends the connection after so many bytes of the body. */
  cutAfter?: number;
  ignoreRange?: boolean;
  /** Stands still after so many bytes. */
  stallAfter?: number;
  /** Milliseconds between pieces of 64 KiB. */
  pauseMs?: number;
  change?: (bytes: Buffer) => Buffer;
}

const commitOf = (text: string): string => createHash('sha1').update(text).digest('hex');

/** A hub and the host that it hands large files to. */
export class HubServer {
  readonly repository: string;
  /** What `main` means; `publish` changes it. */
  commit: string;
  readonly requests: LoggedRequest[] = [];
  /** Set to misbehave: at either server, before anything else. */
  fault: Fault | undefined;
  serving: Serving = {};
  /**
   * Awaited before a file's connection is cut, with the bytes of the file that were sent up to there: a client that
   * sees the connection end drops what it has received and not read, so a cut at once ends at no fixed byte.
   */
  beforeCut: (path: string, bytes: number) => Promise<void> = async () => {};
  private readonly options: HubServerOptions;
  private readonly files = new Map<string, Buffer>();
  private readonly hub: Server;
  private readonly cdn: Server;

  private constructor(options: HubServerOptions) {
    this.options = options;
    this.repository = options.repository ?? 'org/tiny';
    this.commit = commitOf('first');
    this.publish(options.files);
    this.hub = createServer((request, response) => this.answer('hub', request, response));
    this.cdn = createServer((request, response) => this.answer('cdn', request, response));
  }

  /** A running server; `close()` it. */
  static async start(options: HubServerOptions): Promise<HubServer> {
    const server = new HubServer(options);
    for (const one of [server.hub, server.cdn]) {
      one.listen(0, '127.0.0.1');
      await once(one, 'listening');
    }
    return server;
  }

  get endpoint(): string {
    return addressOf(this.hub);
  }

  /** New content of the repository under a new commit. */
  publish(files: HubServerOptions['files'], commit?: string): void {
    this.files.clear();
    for (const [path, content] of Object.entries(files)) this.files.set(path, Buffer.from(content));
    if (commit !== undefined) this.commit = commitOf(commit);
  }

  /** Name of the blob of a file: SHA-256 for large files, git's blob id for others. */
  hashOf(path: string): string {
    const bytes = this.content(path);
    if (this.isLarge(path)) return createHash('sha256').update(bytes).digest('hex');
    return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  }

  /** Bytes of bodies sent for requests whose path ends like this. */
  sentFor(end: string): number {
    return this.requests.filter(({ path }) => path.endsWith(end)).reduce((sum, { sent }) => sum + sent, 0);
  }

  async close(): Promise<void> {
    for (const one of [this.hub, this.cdn]) {
      one.close();
      one.closeAllConnections();
    }
  }

  private isLarge(path: string): boolean {
    return (this.options.large ?? ((name) => /\.(safetensors|gguf)$/.test(name)))(path);
  }

  private content(path: string): Buffer {
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new Error(`the test's hub has no ${path}`);
    return bytes;
  }

  private answer(at: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hub');
    const { range, authorization } = request.headers;
    const log: LoggedRequest = { at, path: decodeURIComponent(pathname), range, authorization, sent: 0 };
    this.requests.push(log);
    if (this.fault?.(request, response, log)) return;
    if (at === 'cdn') {
      void this.sendFile(log.path.slice('/storage/'.length), response, log);
      return;
    }
    if (this.options.token !== undefined && authorization !== `Bearer ${this.options.token}`) {
      refuse(response, 401, 'RepoNotFound');
      return;
    }
    const api = `/api/models/${this.repository}`;
    if (log.path.startsWith(`${api}/revision/`))
      this.sendRevision(log.path.slice(`${api}/revision/`.length), response);
    else if (log.path.startsWith(`${api}/tree/`))
      this.sendListing(log.path.slice(`${api}/tree/`.length), searchParams, response);
    else if (log.path.startsWith(`/${this.repository}/resolve/`)) this.resolve(log.path, response, log);
    else refuse(response, 404, 'RepoNotFound');
  }

  private knows(revision: string): boolean {
    return [this.commit, 'main', 'v1', 'refs/pr/1', this.commit.slice(0, 7)].includes(revision);
  }

  private sendRevision(revision: string, response: ServerResponse): void {
    if (!this.knows(revision)) refuse(response, 404, 'RevisionNotFound');
    else
      sendJson(response, { id: this.repository, sha: this.commit, lastModified: '2024-01-01T00:00:00.000Z' });
  }

  /** Two files a page, so that every listing has several. */
  private sendListing(revision: string, query: URLSearchParams, response: ServerResponse): void {
    if (!this.knows(revision)) {
      refuse(response, 404, 'RevisionNotFound');
      return;
    }
    const all = [...this.files.keys()].map((path): ListedEntry => {
      const { length: size } = this.content(path);
      const oid = commitOf(path);
      if (!this.isLarge(path)) return { type: 'file', path, size, oid: this.hashOf(path) };
      return { type: 'file', path, size, oid, lfs: { oid: this.hashOf(path), size, pointerSize: 130 } };
    });
    if (this.options.listing !== undefined) {
      sendJson(response, this.options.listing(all));
      return;
    }
    const from = Number(query.get('cursor') ?? 0);
    const next = `${this.endpoint}/api/models/${this.repository}/tree/${revision}?recursive=true&cursor=${from + 2}`;
    if (from + 2 < all.length) response.setHeader('link', `<${next}>; rel="next"`);
    sendJson(response, all.slice(from, from + 2));
  }

  private resolve(path: string, response: ServerResponse, log: LoggedRequest): void {
    const [revision, ...rest] = path.slice(`/${this.repository}/resolve/`.length).split('/');
    const file = rest.join('/');
    if (!this.knows(revision)) refuse(response, 404, 'RevisionNotFound');
    else if (!this.files.has(file)) refuse(response, 404, 'EntryNotFound');
    else if (this.isLarge(file)) {
      response.writeHead(302, {
        location: `${addressOf(this.cdn)}/storage/${encodeURIComponent(file)}`,
        'x-repo-commit': this.commit,
        'x-linked-etag': `"${this.hashOf(file)}"`,
        'x-linked-size': this.content(file).length,
      });
      response.end();
    } else {
      response.setHeader('x-repo-commit', this.commit);
      response.setHeader('etag', `"${this.hashOf(file)}"`);
      void this.sendFile(file, response, log);
    }
  }

  private async sendFile(path: string, response: ServerResponse, log: LoggedRequest): Promise<void> {
    const { cutAfter, stallAfter, ignoreRange, pauseMs, change } = this.serving;
    const whole = change === undefined ? this.content(path) : change(this.content(path));
    const start = ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(log.range ?? '')?.[1] ?? 0);
    if (start >= whole.length && start > 0) {
      response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end();
      return;
    }
    const body = whole.subarray(start);
    if (start > 0) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${start}-${whole.length - 1}/${whole.length}`);
    }
    response.setHeader('content-length', body.length);
    const end = Math.min(body.length, cutAfter ?? body.length, stallAfter ?? body.length);
    const piece = 65_536;
    response.flushHeaders();
    for (let at = 0; at < end && !response.destroyed; at += piece) {
      const part = body.subarray(at, Math.min(end, at + piece));
      await new Promise((resolve) => response.write(part, resolve));
      log.sent += part.length;
      if (pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (stallAfter !== undefined && end < body.length) return;
    if (end === body.length) {
      response.end();
      return;
    }
    await this.beforeCut(path, start + end);
    response.destroy();
  }
}

/** A refusal as the hub words it. */
export function refuse(response: ServerResponse, status: number, reason?: string, headers = {}): void {
  response.writeHead(status, { ...(reason !== undefined && { 'x-error-code': reason }), ...headers });
  response.end(JSON.stringify({ error: reason ?? 'no' }));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
