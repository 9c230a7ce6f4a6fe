import { describe, expect, test, vi } from 'vitest';
import { quick, refusing, startHub, tinyFiles, weightsAreWhole } from './hubFixture.testing.ts';
import { pull } from './pull.ts';

const options = { retry: quick };

describe('a refusal', () => {
  test.each([
    [
      'gated',
      403,
      'GatedRepo',
      'NOT_AUTHORISED',
      /org\/tiny is gated: accept its licence at http.*\/org\/tiny, then set HF_TOKEN/,
    ],
    ['without a reason, 401', 401, undefined, 'NOT_AUTHORISED', /may not be read \(401\): set HF_TOKEN/],
    ['without a reason, 403', 403, undefined, 'NOT_AUTHORISED', /may not be read \(403\)/],
    [
      'no repository',
      404,
      'RepoNotFound',
      'FILE_NOT_FOUND',
      /has no model org\/tiny\. Check its name; if it is private, set HF_TOKEN/,
    ],
    ['no repository for a stranger', 401, 'RepoNotFound', 'FILE_NOT_FOUND', /has no model org\/tiny/],
    ['no revision', 404, 'RevisionNotFound', 'FILE_NOT_FOUND', /has no revision 'main'/],
    [
      '404 without a reason',
      404,
      undefined,
      'FILE_NOT_FOUND',
      /has no org\/tiny, or it has no revision 'main'/,
    ],
    ['a teapot', 418, undefined, 'DOWNLOAD_FAILED', /answered 418 for org\/tiny/],
  ])('of the metadata, %s, is named and not repeated', async (_, status, reason, code, message) => {
    const { hub } = await startHub();
    hub.fault = refusing('/api/', 9, status, reason);
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({ code, details: { status, repository: 'org/tiny' } });
    await expect(attempt).rejects.toThrow(message);
    expect(hub.requests).toHaveLength(1);
  });

  test('of a file only is named as well', async () => {
    const { hub } = await startHub();
    hub.fault = refusing('/resolve/', 9, 403, 'GatedRepo');
    await expect(pull('org/tiny', options)).rejects.toMatchObject({
      code: 'NOT_AUTHORISED',
      details: { file: 'config.json' },
    });
    hub.fault = refusing('/resolve/', 9, 404, 'EntryNotFound');
    await expect(pull('org/tiny', options)).rejects.toThrow(/org\/tiny has no file config\.json/);
  });

  test('of a token says that the token was not enough', async () => {
    const { hub } = await startHub({ token: 'right' });
    vi.stubEnv('HF_TOKEN', 'wrong');
    await expect(pull('org/tiny', options)).rejects.toThrow(/the token in use was not enough/);
    expect(hub.requests.map(({ authorization }) => authorization)).toEqual(['Bearer wrong']);
  });

  test('by the host of large files names that host', async () => {
    const { hub } = await startHub();
    hub.fault = refusing('/storage/', 9, 403);
    await expect(pull('org/tiny', options)).rejects.toThrow(
      /127\.0\.0\.1:\d+, to which the hub redirects, answered 403/,
    );
  });

  test.each([408, 429, 500, 502, 503, 504])('with %i passes', async (status) => {
    const fixture = await startHub();
    fixture.hub.fault = refusing('', 2, status);
    await pull('org/tiny', options);
    expect(await weightsAreWhole(fixture)).toBe(true);
  });

  test.each([
    ['seconds', '3600', /asks for 3600 s of patience/],
    ['a date', new Date(Date.now() + 86_400_000).toUTCString(), /asks for 8\d{4} s of patience/],
  ])(
    'with Retry-After in %s is waited for, and taken for final if that is too long',
    async (_, header, message) => {
      const { hub } = await startHub();
      hub.fault = refusing('/api/', 1, 429, undefined, { 'retry-after': '0' });
      await pull('org/tiny', { retry: { ...quick, firstWaitMs: 1_000_000, longestWaitMs: 1_000_000 } });
      hub.publish({ ...tinyFiles, 'config.json': 'new' }, 'second');
      hub.fault = refusing('/resolve/', 9, 429, undefined, { 'retry-after': header });
      await expect(pull('org/tiny', options)).rejects.toThrow(message);
    },
  );
});
