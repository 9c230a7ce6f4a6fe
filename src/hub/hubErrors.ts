// What the hub's refusals mean. The hub says why in X-Error-Code; a mirror may not, and then the status has to
// do. Without a token the hub answers 401 for a repository that does not exist, so as not to tell of private
// ones.
import { TreekvError } from '../core/index.ts';
import type { HubConnection } from './network.ts';
import { transient } from './retry.ts';

/** What was asked for. */
export interface Subject {
  readonly repository: string;
  readonly revision: string;
  readonly file?: string;
}

/** Statuses that pass: timeouts, too many requests, failures of the hub or of what stands before it. */
const passing = [408, 425, 429, 500, 502, 503, 504];

/** The error for an answer that is no success. */
export function refusal(response: Response, subject: Subject, connection: HubConnection): TreekvError {
  const { repository, revision, file } = subject;
  const { status } = response;
  const reason = response.headers.get('x-error-code') ?? undefined;
  const url = new URL(response.url);
  const what = file === undefined ? repository : `${file} of ${repository}`;
  const details = { ...subject, status, reason, host: url.host };
  if (passing.includes(status)) {
    const message = `${url.host} answered ${status} for ${what}.`;
    return transient(message, details, retryAfter(response.headers.get('retry-after')));
  }
  const error = (code: 'FILE_NOT_FOUND' | 'NOT_AUTHORISED' | 'DOWNLOAD_FAILED', message: string) =>
    new TreekvError(code, message, details);
  if (url.origin !== new URL(connection.endpoint).origin) {
    return error(
      'DOWNLOAD_FAILED',
      `${url.host}, to which the hub redirects, answered ${status} for ${what}.`,
    );
  }
  const page = `${connection.endpoint}/${repository}`;
  const token =
    connection.token === undefined ? 'set HF_TOKEN' : 'the token in use was not enough: set HF_TOKEN';
  if (reason === 'GatedRepo') {
    return error(
      'NOT_AUTHORISED',
      `${repository} is gated: accept its licence at ${page}, then ${token} to a token of the same account.`,
    );
  }
  if (reason === 'RevisionNotFound') {
    return error('FILE_NOT_FOUND', `${repository} has no revision '${revision}'; see ${page}.`);
  }
  if (reason === 'EntryNotFound')
    return error('FILE_NOT_FOUND', `${repository} has no file ${file}; see ${page}.`);
  if (reason === 'RepoNotFound') {
    return error(
      'FILE_NOT_FOUND',
      `${connection.endpoint} has no model ${repository}. Check its name; if it is private, ${token} to a ` +
        'token that may read it.',
    );
  }
  if (status === 401 || status === 403) {
    return error(
      'NOT_AUTHORISED',
      `${what} may not be read (${status}): ${token} to a token that may read it, and accept the model's ` +
        `licence at ${page} if it has one.`,
    );
  }
  if (status === 404) {
    const message = `${connection.endpoint} has no ${what}, or it has no revision '${revision}'; see ${page}.`;
    return error('FILE_NOT_FOUND', message);
  }
  return error('DOWNLOAD_FAILED', `${url.host} answered ${status} for ${what}; see ${page}.`);
}

/** An answer that is no answer to what was asked. */
export function nonsense(subject: Subject, why: string, cause?: unknown): TreekvError {
  const message =
    `What the hub answered about ${subject.repository} makes no sense: ${why}. If HF_ENDPOINT or a proxy is ` +
    'set, check that it leads to a hub.';
  return new TreekvError('DOWNLOAD_FAILED', message, { ...subject }, { cause });
}

/** Milliseconds that a Retry-After header asks for, in seconds or as a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return 1000 * Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
