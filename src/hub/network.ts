// One request to the hub: follows redirects, sends the token to the hub alone, notices a connection that
// stands still, ends at once on an abort, and gives every failure of the network treekv's form. It does not
// try again and does not judge what the hub answers.
//
// Redirects are followed here and not by fetch, so that what the token is sent to is decided in this file:
// the hub hands large files to other hosts, whose addresses carry a signature of their own.
import { TreekvError } from '../core/index.ts';
import { aborted, type RetryPlan, transient } from './retry.ts';

/** Where requests go and how. */
export interface HubConnection {
  readonly endpoint: string;
  readonly token?: string;
  readonly plan: RetryPlan;
  readonly signal?: AbortSignal;
}

/** A connection in use. */
export interface Link {
  readonly signal: AbortSignal;
  /** Bytes have arrived: the connection does not stand still. */
  alive(): void;
  /** Names the host that is asked next, for errors. */
  towards(host: string): void;
}

const mostRedirects = 10;

/** Runs what uses the network. Throws ABORTED, or DOWNLOAD_FAILED that is transient for failures of the network. */
export async function overNetwork<T>(
  { endpoint, plan, signal }: HubConnection,
  use: (link: Link) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw aborted();
  const controller = new AbortController();
  let host = new URL(endpoint).host;
  let stalled = false;
  const timer = setTimeout(() => {
    stalled = true;
    controller.abort();
  }, plan.stallMs);
  const abort = (): void => controller.abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await use({
      signal: controller.signal,
      alive: () => timer.refresh(),
      towards: (next) => {
        host = next;
      },
    });
  } catch (cause) {
    if (signal?.aborted) throw aborted();
    if (cause instanceof TreekvError) throw cause;
    if (stalled) {
      const message = `${host} sent nothing for ${plan.stallMs / 1000} s.`;
      throw transient(message, { host, stallMs: plan.stallMs }, undefined, cause);
    }
    const code = networkCode(cause);
    if (code === undefined) throw cause;
    const message = `${host} could not be reached, or the connection broke (${code}).`;
    throw transient(message, { host, code }, undefined, cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** GETs an address and what it redirects to; the answer's status is the caller's to look at. */
export async function get(
  connection: HubConnection,
  address: string,
  headers: Readonly<Record<string, string>>,
  link: Link,
): Promise<Response> {
  const hub = new URL(connection.endpoint);
  let url = new URL(address);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    // A compressed answer has another length than the file, and no ranges.
    const sent = new Headers({ 'accept-encoding': 'identity', ...headers });
    if (connection.token !== undefined && url.origin === hub.origin) {
      sent.set('authorization', `Bearer ${connection.token}`);
    }
    link.towards(url.host);
    const response = await fetch(url, { headers: sent, redirect: 'manual', signal: link.signal });
    link.alive();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    url = redirected(url, location);
  }
  throw new TreekvError('DOWNLOAD_FAILED', `${address} redirects more than ${mostRedirects} times.`, {
    address,
  });
}

/** What a connection never falls back to is the unencrypted form, nor anything but the web. */
function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const allowed = from.protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
  if (to !== undefined && allowed.includes(to.protocol) && to.username === '') return to;
  const message = `${from.origin} redirects to '${location}', which is not followed.`;
  throw new TreekvError('DOWNLOAD_FAILED', message, { from: from.origin, location });
}

/** The code of an error that fetch threw for the network's sake; undefined for any other error. */
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return undefined;
  const { code } = error.cause as NodeJS.ErrnoException;
  return code ?? error.cause.message;
}
