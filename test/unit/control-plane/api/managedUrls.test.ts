import assert from 'node:assert/strict';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';
import { startDnsServer, type DnsServer } from '../../../support/dnsServer.ts';

const urls = '/infrastructure/managed-url';

describe('managed URLs over the API', () => {
  let dns: DnsServer;
  let plane: TestControlPlane;
  let deploymentId: string;

  before(async () => {
    dns = await startDnsServer();
  });

  after(() => dns.close());

  beforeEach(() => {
    dns.fail(false);
    plane = testControlPlane(undefined, undefined, [dns.address]);
    deploymentId = addDeployment(plane.notary, { name: 'shop api' }).id;
  });

  afterEach(() => plane.dispose());

  async function refused(sent: ReturnType<TestControlPlane['send']>, status: number, message: RegExp) {
    const { status: found, body } = await sent;
    assert.equal(found, status);
    assert.match(String(body['message']), message);
    return body;
  }

  async function domain(name: string): Promise<string> {
    const { status, body } = await plane.send('POST', '/domain', {
      domain: name,
      nameserverType: 'external',
    });
    assert.equal(status, 201);
    return String(body['id']);
  }

  const toDeployment = (port = 80) => ({ type: 'proxyDeployment', deploymentId, port });
  const create = (domainId: string, changes: Record<string, unknown> = {}) =>
    plane.send('POST', urls, {
      subDomain: 'api',
      domainId,
      path: '/',
      urlType: toDeployment(),
      ...changes,
    });

  async function made(domainId: string, changes: Record<string, unknown> = {}): Promise<string> {
    const { status, body } = await create(domainId, changes);
    assert.equal(status, 201, String(body['message']));
    return String(body['id']);
  }

  const listed = async () => (await plane.send('GET', urls)).body['urls'] as Record<string, unknown>[];

  it('are listed in the shape that Patr gives them, with what is ours beside it', async () => {
    const domainId = await domain('shop.localhost');
    const id = await made(domainId, { subDomain: ' API ', path: 'V1//' });
    assert.deepEqual(await listed(), [
      {
        id,
        subDomain: 'api',
        domainId,
        path: '/v1',
        isConfigured: true,
        type: 'proxyDeployment',
        deploymentId,
        port: 80,
        address: 'https://api.shop.localhost:7443/v1',
        state: 'active',
        records: [],
        checked: (await listed())[0]?.['checked'],
      },
    ]);
  });

  it('wait for the record of their domain, and say which one it is and what was found instead', async () => {
    const domainId = await domain('Example.com');
    await made(domainId);
    const [waiting] = await listed();
    assert.equal(waiting?.['state'], 'waitingForDomain');
    assert.match(String(waiting?.['message']), /example\.com is not verified/);
    const records = (waiting?.['records'] ?? []) as { name: string }[];
    const names = records.map(({ name }) => name);
    assert.deepEqual(names, ['patrVerify.example.com', 'api.example.com']);
    const verify = () => plane.send('POST', `/domain/${domainId}/verify`);
    const record = { type: 'TXT', name: 'patrVerify.example.com', value: domainId };
    const nothing = (await verify()).body;
    assert.equal(nothing['verified'], false);
    assert.deepEqual(nothing['records'], [{ ...record, found: [], present: false }]);
    dns.set('TXT', 'patrVerify.example.com', 'something else');
    const other = (await verify()).body;
    assert.deepEqual(other['records'], [{ ...record, found: ['something else'], present: false }]);
    assert.match(String(other['message']), /is something else\. It has to be/);
    dns.set('TXT', 'patrVerify.example.com', 'something else', domainId);
    assert.equal((await verify()).body['verified'], true);
    assert.equal((await plane.send('GET', `/domain/${domainId}`)).body['isVerified'], true);
    assert.equal((await listed())[0]?.['state'], 'waitingForDns');
  });

  it('go on when their record is missed once; missed twice or another one counts', async () => {
    const domainId = await domain('example.com');
    const verify = async () => (await plane.send('POST', `/domain/${domainId}/verify`)).body;
    dns.set('TXT', 'patrVerify.example.com', domainId);
    assert.equal((await verify())['verified'], true);
    dns.set('TXT', 'patrVerify.example.com');
    const once = await verify();
    assert.equal(once['verified'], true);
    assert.match(String(once['message']), /no TXT record at .*looked for once more within a minute/);
    dns.fail(true);
    assert.equal((await verify())['verified'], true, 'no answer is not a second one');
    dns.fail(false);
    assert.equal((await verify())['verified'], false);
    dns.set('TXT', 'patrVerify.example.com', domainId);
    await verify();
    dns.set('TXT', 'patrVerify.example.com');
    await verify();
    dns.set('TXT', 'patrVerify.example.com', domainId);
    const back = await verify();
    assert.deepEqual([back['verified'], back['message']], [true, undefined]);
    dns.set('TXT', 'patrVerify.example.com');
    assert.equal((await verify())['verified'], true, 'it begins anew');
    dns.set('TXT', 'patrVerify.example.com', 'of somebody else');
    assert.equal((await verify())['verified'], false);
  });

  it('are configured once their name leads to the region', async () => {
    const domainId = await domain('example.com');
    const id = await made(domainId);
    dns.set('TXT', 'patrVerify.example.com', domainId);
    await plane.send('POST', `/domain/${domainId}/verify`);
    const verify = async () => (await plane.send('POST', `${urls}/${id}/verify-configuration`)).body;
    dns.set('A', 'api.example.com', '198.51.100.1');
    const wrong = await verify();
    assert.equal(wrong['configured'], false);
    assert.deepEqual(wrong['records'], [
      { type: 'A', name: 'api.example.com', value: '203.0.113.5', found: ['198.51.100.1'], present: false },
    ]);
    dns.set('A', 'api.example.com', '203.0.113.5');
    assert.equal((await verify())['configured'], true);
    assert.equal((await listed())[0]?.['state'], 'active');
    dns.fail(true);
    const unknown = await verify();
    assert.equal(unknown['configured'], true, 'no answer changes nothing');
    assert.match(String(unknown['message']), /name servers do not answer/);
  });

  it('say how it stands with the certificate of their host, and a deployment with that of its own', async () => {
    const domainId = await domain('example.com');
    await made(domainId);
    const shown = async () => {
      const { body } = await plane.send('GET', `/deployment/${deploymentId}`);
      return [(await listed())[0]?.['certificate'], body['certificate']];
    };
    assert.deepEqual(await shown(), [undefined, undefined]);
    const waiting = { state: 'waitingForDns', message: 'There is no A record at api.example.com.' } as const;
    const valid = { state: 'valid', validUntil: '2026-12-24T10:00:00.000Z', issuer: 'Test CA' } as const;
    plane.certificates.set('url-api.example.com', waiting).set(deploymentId, valid);
    assert.deepEqual(await shown(), [waiting, valid]);
  });

  it('keep a place to one of them, and can be changed and deleted', async () => {
    const domainId = await domain('shop.localhost');
    const id = await made(domainId, { path: '/a' });
    await refused(create(domainId, { path: '/a/' }), 409, /already a managed URL at api\.shop\.localhost\/a/);
    const other = await made(domainId, { path: '/b' });
    const redirect = { type: 'redirect', url: 'example.org/x?y=1', permanentRedirect: true, httpOnly: false };
    const change = { path: '/c', urlType: redirect };
    assert.equal((await plane.send('POST', `${urls}/${id}`, change)).status, 202);
    await refused(plane.send('POST', `${urls}/${other}`, change), 409, /already a managed URL/);
    const [, changed] = await listed();
    assert.deepEqual(
      [changed?.['path'], changed?.['type'], changed?.['url']],
      ['/c', 'redirect', 'example.org/x?y=1'],
    );
    assert.equal((await plane.send('DELETE', `${urls}/${id}`)).status, 205);
    assert.equal((await plane.send('DELETE', `${urls}/${id}`)).status, 404);
    assert.equal((await listed()).length, 1);
  });

  it('refuse what cannot be led to, with the field that it is about', async () => {
    const domainId = await domain('shop.localhost');
    const field = async (urlType: unknown) => {
      const { status, body } = await create(domainId, { urlType });
      assert.equal(status, 400);
      return (body['fields'] as { field: string }[])[0]?.field;
    };
    assert.equal(await field(toDeployment(81)), 'urlType.port');
    assert.equal(await field({ ...toDeployment(), deploymentId: 'f'.repeat(32) }), 'urlType.deploymentId');
    assert.equal(await field({ type: 'proxyStaticSite', staticSiteId: 'f'.repeat(32) }), 'urlType.type');
    for (const url of [
      'https://example.org',
      'exa mple.org',
      'a@b',
      'example.org/a;b',
      'example.org/\u0001',
      '',
    ]) {
      assert.equal(await field({ type: 'proxyUrl', url, httpOnly: false }), 'urlType.url', url);
    }
    for (const path of ['/a b', '/a/../b', '/#', '/ä', `/${'x'.repeat(300)}`]) {
      assert.equal((await create(domainId, { path })).status, 400, path);
    }
    await refused(create('f'.repeat(32)), 400, /Add it to the workspace first/);
  });

  it('have a host that is short enough for everything that is named after it', async () => {
    const part = (letter: string) => letter.repeat(60);
    const domainId = await domain(`${part('a')}.${part('b')}.${part('c')}.localhost`);
    const long = `${part('d')}.${'e'.repeat(30)}`;
    const body = await refused(create(domainId, { subDomain: long }), 400, /at most 240 characters/);
    assert.deepEqual(body['fields'], [{ field: 'subDomain', message: 'must be shorter' }]);
    await made(domainId, { subDomain: 'd' });
  });

  it('leave the names of deployments alone', async () => {
    const internal = { domain: 'example.com', nameserverType: 'internal' };
    await refused(plane.send('POST', '/domain', internal), 400, /no name servers of its own/);
    const domainId = await domain('shop.localhost');
    await refused(
      create(domainId, { subDomain: '@' }),
      400,
      /shop\.localhost can be the name of a deployment/,
    );
    const again = { domain: 'SHOP.localhost', nameserverType: 'external' };
    await refused(plane.send('POST', '/domain', again), 409, /was added already/);
  });

  it('keep a deployment, its port and their domain from being taken away, and say which they are', async () => {
    const domainId = await domain('shop.localhost');
    const id = await made(domainId, { path: '/v1' });
    const used = /api\.shop\.localhost\/v1/;
    await refused(plane.send('DELETE', `/deployment/${deploymentId}`), 422, used);
    await refused(plane.send('DELETE', `/domain/${domainId}`), 422, used);
    const ports = { ports: { 81: 'http' } };
    const body = await refused(plane.send('PATCH', `/deployment/${deploymentId}`, ports), 422, used);
    assert.deepEqual(body['fields'], [{ field: 'ports.80', message: 'is what a managed URL leads to' }]);
    const more = { ports: { 80: 'http', 81: 'http' } };
    assert.equal((await plane.send('PATCH', `/deployment/${deploymentId}`, more)).status, 202);
    await plane.send('DELETE', `${urls}/${id}`);
    assert.equal((await plane.send('DELETE', `/deployment/${deploymentId}`)).status, 205);
    assert.equal((await plane.send('DELETE', `/domain/${domainId}`)).status, 205);
  });
});
