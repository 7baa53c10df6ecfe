import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { UrlRoute } from '../../src/control-plane/edge/contract.ts';
import { issue, makeAuthority, type Credential } from '../../src/control-plane/tls/authority.ts';
import { freePort } from '../support/distribution.ts';
import { assertNoFailures, startLoad } from '../support/edge/load.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';
import { changeUrls } from '../support/edge/urlChanges.ts';

const run = promisify(execFile);
const deploymentId = 'a'.repeat(32);
const host = 'www.shop.localhost';

/** Managed URLs at HAProxy in its container, asked by curl. */
describe('managed URLs at the edge', function () {
  this.timeout(120_000);
  let foreignAuthority: Credential;
  let proxy: TestEdge;
  let upstream: Upstream;

  before(async () => {
    foreignAuthority = await makeAuthority('foreign', 'example.org', Date.now());
    proxy = await startTestEdge({ slots: 4, roots: foreignAuthority.certificate });
    upstream = await startUpstream('first', '127.0.0.2', await freePort());
    const members = [{ instanceId: 'first', address: upstream.address, state: 'ready' as const }];
    const hosts = ['web.localhost'];
    await proxy.edge().apply({ deploymentId, ports: [{ port: upstream.port, hosts, members }] });
  });

  after(async () => {
    await upstream.stop();
    await proxy.close();
  });

  const route = (path: string, target: UrlRoute['target'], more: Partial<UrlRoute> = {}): UrlRoute => ({
    id: path,
    domain: { id: 'd'.repeat(32), name: 'shop.localhost' },
    subDomain: 'www',
    path,
    target,
    ...more,
  });
  const toDeployment = (): UrlRoute['target'] => ({
    type: 'proxyDeployment',
    deploymentId,
    port: upstream.port,
  });
  const redirect = (url: string, permanentRedirect = true): UrlRoute['target'] => ({
    type: 'redirect',
    url,
    permanentRedirect,
    httpOnly: false,
  });

  /** Status, where it redirects to, and body, as curl sees them. */
  async function curl(path: string, ...more: readonly string[]): Promise<string> {
    const at = `http://${host}:${proxy.httpPort}${path}`;
    const resolve = ['--resolve', `${host}:${proxy.httpPort}:127.0.0.1`, '--path-as-is'];
    const written = ['-s', '-w', '\n%{http_code} %{redirect_url}'];
    const { stdout } = await run('curl', [...resolve, ...written, ...more, at]);
    const lines = stdout.split('\n');
    return `${lines.at(-1)?.trim() ?? ''} ${stdout.includes('<!doctype') ? 'page' : lines[0]}`;
  }

  it('lead to a deployment, the longest path first, and leave its own address as it is', async () => {
    await proxy
      .edge()
      .routeUrls([route('/shop', toDeployment()), route('/shop/old', redirect('example.org/new'))]);
    assert.equal(await curl('/shop'), '200 first');
    assert.equal(await curl('/shop/a/b?c=d'), '200 first');
    assert.equal(upstream.seen.at(-1), 'GET /shop/a/b?c=d');
    assert.equal(await curl('/shops'), '404 page');
    assert.equal(await curl('/'), '404 page');
    assert.equal(await curl('/shop/old'), '308 https://example.org/new ');
    assert.equal(await curl('/shop/old/'), '308 https://example.org/new ');
    assert.equal(await curl('/shop/old/x'), '200 first');
    assert.equal(await curl('/', '-H', 'host: web.localhost'), '200 first');
    await proxy.edge().routeUrls([]);
    assert.equal(await curl('/shop'), '404 page');
    assert.equal(await curl('/', '-H', 'host: web.localhost'), '200 first');
  });

  it('redirect for good or for now, over TLS with a certificate for their name as well', async () => {
    await proxy
      .edge()
      .routeUrls([
        route('/now', redirect('example.org/a?b=c#d', false)),
        route('/good', redirect('example.org:8443', true)),
      ]);
    assert.equal(await curl('/now'), '307 https://example.org/a?b=c#d ');
    assert.equal(await curl('/good'), '308 https://example.org:8443/ ');
    const { host: name, httpsPort, authority } = proxy.target(host);
    const { status } = await secureFetch(name, httpsPort, authority, '/now');
    assert.equal(status, 307);
  });

  it('leave no certificate behind when they go, also after a change that broke off', async () => {
    const kept = async (): Promise<readonly string[]> =>
      (await readdir(join(proxy.folder, 'certificates'))).filter((name) => name.startsWith('url-'));
    await proxy.edge().routeUrls([route('/', toDeployment())]);
    assert.deepEqual(await kept(), [`url-${host}.pem`]);
    await assert.rejects(proxy.edge().routeUrls([], { signal: AbortSignal.abort() }));
    await proxy.edge().routeUrls([]);
    assert.deepEqual(await kept(), []);
    assert.doesNotMatch(await readFile(join(proxy.folder, 'certificates.txt'), 'utf8'), /url-/);
  });

  it('say that a deployment without a slot is not ready', async () => {
    const nobody = { type: 'proxyDeployment', deploymentId: 'b'.repeat(32), port: 80 } as const;
    await proxy.edge().routeUrls([route('/', nobody)]);
    assert.equal(await curl('/x'), '503 page');
  });

  it('lead to another server by its name, with its own path before the path of the request', async () => {
    const own = { address: upstream.address };
    const url = `plain.example.org:${upstream.port}/base`;
    await proxy.edge().routeUrls([route('/ext', { type: 'proxyUrl', url, httpOnly: true }, own)]);
    assert.equal(await curl('/ext/a?b=c'), '200 first');
    assert.equal(upstream.seen.at(-1), 'GET /base/ext/a?b=c');
    assert.equal(upstream.lastHeaders().host, `plain.example.org:${upstream.port}`);
    assert.equal(upstream.lastHeaders()['x-forwarded-host'], `${host}:${proxy.httpPort}`);
  });

  it('lead to another server over TLS only with a certificate for its name', async () => {
    const { certificate, key } = await issue(foreignAuthority, ['secure.example.org'], Date.now());
    const server = createServer({ cert: certificate, key }, (_, response) => response.end('secret server'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const to = (name: string) =>
      proxy
        .edge()
        .routeUrls([
          route('/', { type: 'proxyUrl', url: `${name}:${port}`, httpOnly: false }, { address: '127.0.0.1' }),
        ]);
    try {
      await to('secure.example.org');
      assert.equal(await curl('/'), '200 secret server');
      await to('other.example.org');
      assert.equal(await curl('/'), '503 page');
    } finally {
      server.close();
    }
  });

  it('that lead back to the edge end there', async () => {
    const url = `${host}:${proxy.httpPort}`;
    const home = { address: '127.0.0.1' };
    await proxy.edge().routeUrls([route('/', { type: 'proxyUrl', url, httpOnly: true }, home)]);
    assert.match(await curl('/'), /^508 /);
  });

  it('survive a restart of the proxy and of the control plane', async () => {
    await proxy
      .edge()
      .routeUrls([route('/shop', toDeployment()), route('/now', redirect('example.org', false))]);
    await proxy.test.engine.stopContainer(proxy.container, 0);
    await proxy.test.engine.startContainer(proxy.container);
    await proxy.untilAnswering();
    assert.equal(await curl('/shop'), '200 first');
    assert.equal(await curl('/now'), '307 https://example.org/ ');
    const again = await proxy.reopen();
    assert.equal(again.routedUrls().length, 2);
    await again.routeUrls([route('/now', redirect('example.net', false))]);
    assert.equal(await curl('/now'), '307 https://example.net/ ');
    assert.equal(await curl('/shop'), '404 page');
  });

  it('change again and again under load without a failed request or a reload', async () => {
    const stays = route('/', toDeployment());
    await proxy.edge().routeUrls([stays]);
    const load = startLoad(proxy.target(host), ['get', 'post', 'http2', 'webSocket']);
    await changeUrls({ edge: proxy.edge(), changes: 20, stays, curl });
    await load.progress(2);
    assertNoFailures(await load.stop());
    assert.equal(proxy.reloads(), 0);
    const files = await readFile(`${proxy.folder}/hosts.map`, 'utf8');
    assert.doesNotMatch(files, /changing/);
  });
});

/** A request over TLS with a certificate that is checked. */
async function secureFetch(
  name: string,
  port: number,
  ca: string,
  path: string,
): Promise<{ readonly status: number }> {
  const asked = get({ host: '127.0.0.1', port, servername: name, ca, path, headers: { host: name } });
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return { status: response.statusCode ?? 0 };
}
