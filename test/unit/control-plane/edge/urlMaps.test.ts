import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UrlRoute } from '../../../../src/control-plane/edge/contract.ts';
import { EdgeWish } from '../../../../src/control-plane/edge/edgeWish.ts';
import { pathEnd } from '../../../../src/control-plane/edge/haproxyConfig.ts';
import { exactKeys, prefixKey } from '../../../../src/control-plane/edge/wanted.ts';

const domain = { id: 'd', name: 'example.com' };
const route = (path: string, target: UrlRoute['target'], more: Partial<UrlRoute> = {}): UrlRoute => ({
  id: path,
  domain,
  subDomain: 'www',
  path,
  target,
  ...more,
});

/** What the proxy does: the longest key that host and path begin with. */
function lookUp(entries: ReadonlyMap<string, string>, host: string, path: string): string | undefined {
  const asked = `${host}${path}${pathEnd}`;
  const [longest] = Array.from(entries.keys())
    .filter((key) => asked.startsWith(key))
    .toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : entries.get(longest);
}

describe('maps of managed URLs', () => {
  it('lead to the longest path that a request begins with, by whole segments', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'a.b'), { maxLength: 3 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 8 }),
        path,
        fc.constantFrom('', '/'),
        (paths, asked, end) => {
          const entries = new Map(paths.map((one) => [prefixKey('h', one), one]));
          const within = (one: string) => one === '/' || asked === one || asked.startsWith(`${one}/`);
          const [best] = paths.filter(within).toSorted((a, b) => b.length - a.length);
          assert.equal(lookUp(entries, 'h', asked === '/' ? asked : `${asked}${end}`), best);
        },
      ),
    );
  });

  it('lead from a redirect at its very path alone', () => {
    const entries = new Map(['/', '/old'].flatMap((path) => exactKeys('h', path).map((key) => [key, path])));
    const found = ['/', '/old', '/old/', '/old/x', '/older', '/x'].map((path) => lookUp(entries, 'h', path));
    assert.deepEqual(found, ['/', '/old', '/old', undefined, undefined, undefined]);
  });

  it('say where redirects and other servers are, and what there is no way to', () => {
    const wish = EdgeWish.of(undefined, 2);
    wish.put({
      deploymentId: 'a',
      ports: [{ port: 80, hosts: ['www.example.com'], members: [] }],
    });
    const proxied = { type: 'proxyUrl', url: 'other.example.org:8443/base/', httpOnly: false } as const;
    wish.putUrls([
      route('/', { type: 'redirect', url: 'nobody', permanentRedirect: true, httpOnly: false }),
      route('/app', { type: 'proxyDeployment', deploymentId: 'a', port: 80 }),
      route('/gone', { type: 'proxyDeployment', deploymentId: 'b', port: 80 }),
      route('/old', {
        type: 'redirect',
        url: 'new.example.com/?x',
        permanentRedirect: false,
        httpOnly: true,
      }),
      route('/ext', proxied, { address: '192.0.2.7' }),
      route('/unknown', proxied),
    ]);
    const { hosts, redirects, proxied: ways } = EdgeWish.of(wish.toText()).maps();
    const found = (path: string) => lookUp(hosts, 'www.example.com', path);
    assert.deepEqual(['/x', '/app/x', '/gone', '/old', '/ext', '/unknown'].map(found), [
      'slot0',
      'slot0',
      'unready',
      'redirect307',
      'proxied-https',
      'unready',
    ]);
    assert.equal(lookUp(redirects, 'www.example.com', '/old'), 'http://new.example.com/?x');
    assert.equal(lookUp(ways, 'www.example.com', '/ext/x'), '192.0.2.7@8443@other.example.org:8443@/base');
  });

  it('refuse what neither a command nor a file can carry', () => {
    const wish = EdgeWish.of(undefined);
    const hostile = { type: 'redirect', permanentRedirect: true, httpOnly: false } as const;
    for (const url of ['a b', 'a\nadd map x', 'a;b', "a'", 'a\\']) {
      assert.throws(() => wish.putUrls([route('/x', { ...hostile, url })]), /cannot be part of a map/);
    }
    assert.deepEqual(wish.urls, []);
  });
});
