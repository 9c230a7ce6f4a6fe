import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { quick, startHub } from './hubFixture.testing.ts';
import type { ListedEntry } from './hubServer.testing.ts';
import { pull } from './pull.ts';

const options = { retry: quick };

describe('an answer without sense', () => {
  test.each([
    ['no JSON', '/revision/', '<html>'],
    ['no commit', '/revision/', '{}'],
    ['a commit that is a path', '/revision/', '{"sha":"../../../etc"}'],
    ['a listing cut short', '/tree/', '[{"type":"file"'],
    ['a listing that is none', '/tree/', '{"error":"no"}'],
    ['null for a listing', '/tree/', 'null'],
  ])('%s is DOWNLOAD_FAILED', async (_, part, body) => {
    const { hub, cache } = await startHub();
    hub.fault = (_request, response, { path }) => {
      if (!path.includes(part)) return false;
      response.setHeader('content-type', 'application/json');
      response.end(body);
      return true;
    };
    const attempt = pull('org/tiny', options);
    await expect(attempt).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    await expect(attempt).rejects.toThrow(/What the hub answered about org\/tiny makes no sense/);
    await expect(readdir(cache)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  const [lfs, oid] = ['a'.repeat(64), 'b'.repeat(40)];
  test.each<[string, Partial<ListedEntry> | object, RegExp]>([
    ['a path out of its folder', { path: '../../evil' }, /lists a file at "\.\.\/\.\.\/evil"/],
    ['an absolute path', { path: '/etc/passwd' }, /lists a file at/],
    ['a path of Windows', { path: 'a\\..\\..\\b' }, /lists a file at/],
    ['no path', { path: undefined }, /lists a file at undefined/],
    ['a negative size', { size: -1 }, /the size of config\.json is -1/],
    ['an absurd size', { size: 1e16 }, /the size of config\.json is 10000000000000000/],
    ['a size that is no integer', { size: 1.5 }, /is 1\.5/],
    ['a size that is a word', { size: '12' }, /is "12"/],
    ['a hash that is a path', { oid: '../x' }, /the hash of config\.json is "\.\.\/x"/],
    ['no hash', { oid: undefined }, /the hash of config\.json is undefined/],
    ['a short hash of a large file', { lfs: { oid, size: 1 } }, /the hash of config\.json/],
    ['a negative size of a large file', { lfs: { oid: lfs, size: -5 } }, /is -5/],
    ['a Xet hash alone', { xetHash: lfs, lfs: undefined }, /the hash of config\.json/],
  ])('of a listing, %s, is refused and nothing is written', async (_, change, message) => {
    const listing = ([first, ...rest]: ListedEntry[]) => [
      ...[{ ...first, ...{ path: 'config.json', oid, size: 1 }, ...change }, ...rest],
    ];
    const { cache } = await startHub({ listing });
    await expect(pull('org/tiny', options)).rejects.toThrow(message);
    await expect(readdir(cache)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a listing without an end is refused', async () => {
    const page = Array.from({ length: 10_001 }, (_, i) => ({ type: 'file', path: `f${i}`, size: 0, oid }));
    const { hub } = await startHub();
    hub.fault = (_, response, { path }) => {
      if (!path.includes('/tree/')) return false;
      response.setHeader('link', `<${hub.endpoint}${path}?cursor=1>; rel="next"`);
      response.end(JSON.stringify(page));
      return true;
    };
    await expect(pull('org/tiny', options)).rejects.toThrow(/more than 20000 files/);
  });
});
