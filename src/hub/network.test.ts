import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  incompleteWeights,
  quick,
  ranges,
  refusing,
  startHub,
  weights,
  weightsAreWhole,
  weightsFile,
} from './hubFixture.testing.ts';
import type { Fault } from './hubServer.testing.ts';
import { pull } from './pull.ts';

const options = { retry: quick };

describe('the token', () => {
  test('goes to the hub and to no other host, of files and of listings', async () => {
    const fixture = await startHub({ token: 'not-even-hf' });
    vi.stubEnv('HF_TOKEN', 'not-even-hf');
    await pull('org/tiny', options);
    const seen = (at: string) => fixture.hub.requests.filter((request) => request.at === at);
    expect(new Set(seen('hub').map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer not-even-hf']),
    );
    expect(seen('cdn').map(({ authorization }) => authorization)).toEqual([undefined]);
    const other = await startHub();
    vi.stubEnv('HF_ENDPOINT', fixture.hub.endpoint);
    vi.stubEnv('HF_TOKEN', 'not-even-hf');
    fixture.hub.fault = (_, response, { path }) => {
      if (!path.includes('/tree/')) return false;
      response.setHeader('link', `<${other.hub.endpoint}/api/models/org/tiny/tree/main>; rel="next"`);
      response.end('[]');
      return true;
    };
    await pull('org/tiny', options).catch(() => undefined);
    expect(new Set(other.hub.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([undefined]),
    );
  });

  test('stays out of every message', async () => {
    const { hub } = await startHub();
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    hub.fault = refusing('', 9, 401);
    const error: Error = await pull('org/tiny', options).then(
      () => expect.fail('it succeeded'),
      (reason) => reason,
    );
    expect(JSON.stringify([error.message, error])).not.toContain('hf_secret');
  });
});

describe('a redirect', () => {
  const redirecting =
    (location: string): Fault =>
    (_, response, { path }) => {
      if (!path.includes('/resolve/')) return false;
      response.writeHead(302, { location }).end();
      return true;
    };

  test('may be relative, as for a renamed repository', async () => {
    const fixture = await startHub();
    let once = true;
    fixture.hub.fault = (request, response, { path }) => {
      if (!once || !path.includes('/resolve/')) return false;
      once = false;
      response.writeHead(307, { location: `${request.url}?renamed` }).end();
      return true;
    };
    await pull('org/tiny', options);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test.each(['file:///etc/passwd', 'http://', 'javascript:0'])('to %s is not followed', async (location) => {
    const { hub } = await startHub();
    hub.fault = redirecting(location);
    await expect(pull('org/tiny', options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      details: { location },
    });
  });

  test('in a circle ends', async () => {
    const { hub } = await startHub();
    hub.fault = redirecting('/org/tiny/resolve/round');
    await expect(pull('org/tiny', options)).rejects.toThrow(/redirects more than 10 times/);
  });
});

describe('an abort', () => {
  test('before the start opens no socket', async () => {
    const { hub } = await startHub();
    await expect(pull('org/tiny', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(hub.requests).toEqual([]);
  });

  test('ends a transfer at once, leaves what has come, and the next pull goes on from there', async () => {
    const fixture = await startHub();
    fixture.hub.serving = { stallAfter: 100_000 };
    const controller = new AbortController();
    const attempt = pull('org/tiny', {
      ...options,
      signal: controller.signal,
      progress_callback: (told) => {
        if (told.status === 'progress' && told.file === weightsFile && told.loaded === 100_000)
          controller.abort();
      },
    });
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
    const left = await readFile(incompleteWeights(fixture));
    expect(left.equals(weights.subarray(0, 100_000))).toBe(true);
    expect(await readdir(join(fixture.cache, '.locks', 'models--org--tiny'))).toEqual([]);
    fixture.hub.serving = {};
    await pull('org/tiny', options);
    expect(ranges(fixture)).toEqual([undefined, 'bytes=100000-']);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test('ends a wait for metadata', async () => {
    const { hub } = await startHub();
    const controller = new AbortController();
    hub.fault = () => {
      controller.abort();
      return true;
    };
    await expect(pull('org/tiny', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
