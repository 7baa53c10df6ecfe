import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { parseChallenge } from '../../../../src/base/challenge.ts';
import { createExternalRegistry } from '../../../../src/control-plane/registry/externalRegistry.ts';
import { canonicalRegistry } from '../../../../src/protocol/shapes/registry.ts';

interface Asked {
  readonly url: string;
  readonly authorization: string | null;
}

type Answer = (asked: Asked) => Response | undefined;

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const login = { username: 'me', password: 'open sesame' };
const basic = `Basic ${Buffer.from('me:open sesame').toString('base64')}`;

const config = JSON.stringify({
  os: 'linux',
  architecture: 'amd64',
  created: '2026-01-02T03:04:05Z',
  config: { ExposedPorts: { '8080/tcp': {} } },
});
const manifest = JSON.stringify({
  config: { digest: sha256(config), size: 100 },
  layers: [{ digest: sha256('x'), size: 900 }],
});

const platform = (architecture: string, digest: string) => ({
  digest,
  size: 1,
  platform: { os: 'linux', architecture },
});
const image = { registry: 'registry.example.com', imageName: 'shop/web', imageTag: 'v1' };

describe('a registry of somebody else', () => {
  let asked: Asked[];
  beforeEach(() => (asked = []));

  /** A registry that answers as told, and 404 otherwise. */
  function registry(answer: Answer, region = 'linux/amd64') {
    const fetcher = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const one = {
        url: String(url as string),
        authorization: new Headers(init?.headers).get('authorization'),
      };
      asked.push(one);
      return answer(one) ?? new Response(null, { status: 404 });
    };
    return createExternalRegistry({ fetch: fetcher as typeof fetch, platform: () => region });
  }

  const serving =
    (top: string, more: Readonly<Record<string, string>> = {}): Answer =>
    ({ url }) => {
      if (url.endsWith('/manifests/v1')) return new Response(top);
      const found = Object.entries({ [sha256(config)]: config, ...more }).find(([digest]) =>
        url.endsWith(digest),
      );
      return found === undefined ? undefined : new Response(found[1]);
    };

  it('tells digest, size and ports of an image that everybody may have', async () => {
    const check = await registry(serving(manifest)).check(image, undefined);
    assert.deepEqual(check, {
      outcome: 'found',
      digest: sha256(manifest),
      size: 1000,
      ports: { 8080: 'http' },
    });
    assert.ok(asked[0]!.url.startsWith('https://registry.example.com/v2/shop/web/manifests/v1'));
  });

  it('is asked for a token where it wants one, which is used from then on', async () => {
    const guarded: Answer = (one) => {
      const url = new URL(one.url);
      if (url.host === 'auth.example.com') {
        assert.equal(url.searchParams.get('scope'), 'repository:shop/web:pull');
        assert.equal(url.searchParams.get('service'), 'shop registry');
        return one.authorization === basic
          ? Response.json({ token: 'abc' })
          : new Response(null, { status: 401 });
      }
      if (one.authorization === 'Bearer abc') return serving(manifest)(one);
      const challenge = 'Bearer realm="https://auth.example.com/token",service="shop registry"';
      return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } });
    };
    assert.equal((await registry(guarded).check(image, login)).outcome, 'found');
    assert.equal(asked.filter(({ url }) => url.includes('auth.example.com')).length, 1);
    const without = await registry(guarded).check(image, undefined);
    assert.equal(without.outcome, 'denied');
    assert.match('message' in without ? without.message : '', /private, or it does not exist\. Sign in/);
  });

  it('signs in by name and password where it wants that', async () => {
    const guarded: Answer = (one) =>
      one.authorization === basic
        ? serving(manifest)(one)
        : new Response(null, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
    assert.equal((await registry(guarded).check(image, login)).outcome, 'found');
    const wrong = await registry(guarded).check(image, { ...login, password: 'guess' });
    assert.equal(wrong.outcome, 'denied');
    assert.match('message' in wrong ? wrong.message : '', /to me: the password is wrong/);
    assert.ok(!JSON.stringify(wrong).includes('guess'));
  });

  it('gets no credentials at an address without TLS that it sends to', async () => {
    const luring: Answer = () =>
      new Response(null, {
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="http://evil.example/t"' },
      });
    const check = await registry(luring).check(image, login);
    assert.equal(check.outcome, 'unreachable');
    assert.deepEqual(
      asked.map(({ url }) => new URL(url).host),
      ['registry.example.com'],
    );
  });

  it('has the image of an index for the region, and says so when it has none', async () => {
    const index = JSON.stringify({
      manifests: [platform('arm64', sha256('other')), platform('amd64', sha256(manifest))],
    });
    const answer = serving(index, { [sha256(manifest)]: manifest });
    const check = await registry(answer).check(image, undefined);
    assert.equal(check.outcome === 'found' && check.digest, sha256(index));
    const elsewhere = await registry(answer, 'linux/riscv64').check(image, undefined);
    assert.equal(elsewhere.outcome, 'otherPlatform');
    assert.match(
      'message' in elsewhere ? elsewhere.message : '',
      /made for linux\/arm64, linux\/amd64.*runs linux\/riscv64/,
    );
    const single = await registry(serving(manifest), 'linux/arm64').check(image, undefined);
    assert.equal(single.outcome, 'otherPlatform');
  });

  const faults: [string, Answer, string, RegExp][] = [
    ['has no such tag', () => undefined, 'notFound', /has no image shop\/web:v1/],
    [
      'cannot be reached',
      () => raise(new TypeError('fetch failed', { cause: new Error('ENOTFOUND') })),
      'unreachable',
      /ENOTFOUND/,
    ],
    ['was asked too often', () => new Response(null, { status: 429 }), 'unreachable', /too many questions/],
    ['fails', () => new Response(null, { status: 500 }), 'unreachable', /answered 500/],
    ['is none', () => new Response('<html>'), 'unreachable', /does not answer as a registry/],
    ['answers without end', () => new Response('x'.repeat(5_000_000)), 'unreachable', /more than a manifest/],
  ];
  for (const [what, answer, outcome, words] of faults) {
    it(`says in words when it ${what}`, async () => {
      const check = await registry(answer).check(image, undefined);
      assert.equal(check.outcome, outcome);
      assert.match('message' in check ? check.message : '', words);
    });
  }

  it('is not asked for names that no image has', async () => {
    for (const imageName of ['../../secret', 'Shop/Web', 'a b/c', 'shop//web']) {
      const check = await registry(serving(manifest)).check({ ...image, imageName }, login);
      assert.equal(check.outcome, 'notFound', imageName);
    }
    assert.deepEqual(asked, []);
  });

  it('leads to no other path by a digest that is none', async () => {
    const odd = '../../../../admin?x=';
    const tops = [{ config: { digest: odd, size: 1 }, layers: [] }, { manifests: [platform('amd64', odd)] }];
    for (const top of tops) {
      asked.length = 0;
      const check = await registry(serving(JSON.stringify(top))).check(image, login);
      assert.equal(check.outcome, 'unreachable');
      assert.match('message' in check ? check.message : '', /does not answer as a registry/);
      assert.deepEqual(
        asked.map(({ url }) => url),
        ['https://registry.example.com/v2/shop/web/manifests/v1'],
      );
    }
  });

  it('is given up when the person gives up', async () => {
    const leaving = new AbortController();
    const check = registry(() => {
      leaving.abort();
      return raise(leaving.signal.reason as Error);
    }).check(image, undefined, { signal: leaving.signal });
    await assert.rejects(check, { name: 'AbortError' });
  });

  it('is asked over HTTP on this machine alone, and Docker Hub at its own address', async () => {
    const urlOf = async (host: string, imageName = 'shop/web'): Promise<string> => {
      asked.length = 0;
      await registry(() => undefined).check({ ...image, registry: host, imageName }, undefined);
      return asked[0]!.url;
    };
    assert.match(await urlOf('localhost:5000'), /^http:\/\/localhost:5000\//);
    assert.match(await urlOf('127.0.0.1:5000'), /^http:\/\/127\.0\.0\.1:5000\//);
    assert.match(await urlOf('127.0.0.1.example.com'), /^https:/);
    assert.match(
      await urlOf('index.docker.io', 'nginx'),
      /^https:\/\/registry-1\.docker\.io\/v2\/library\/nginx\//,
    );
  });
});

describe('what a registry wants to be asked with', () => {
  it('is read with or without quotes, and undefined for what is neither', () => {
    assert.deepEqual(parseChallenge('bearer realm=https://a/t, service="b, c"'), {
      kind: 'bearer',
      realm: 'https://a/t',
      service: 'b, c',
    });
    assert.deepEqual(parseChallenge('Basic realm="x"'), { kind: 'basic' });
    for (const header of [null, '', 'Negotiate', 'Bearer service="x"'])
      assert.equal(parseChallenge(header), undefined);
  });
});

describe('the name of a registry', () => {
  it('is one, however Docker Hub is written', () => {
    for (const name of ['docker.io', 'index.docker.io', ' Registry-1.Docker.io ', 'hub.docker.com'])
      assert.equal(canonicalRegistry(name), 'docker.io');
    assert.equal(canonicalRegistry('GHCR.io'), 'ghcr.io');
  });
});

function raise(error: Error): never {
  throw error;
}
