import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import type { CertificateState } from '../../src/protocol/shapes/certificate.ts';
import { parseTimestamp } from '../../src/protocol/wire.ts';
import { startAcmeServer, type AcmeServer } from '../support/acmeServer.ts';
import { startAssembledRegion, type AssembledRegion } from '../support/assembledRegion.ts';
import { freePort } from '../support/distribution.ts';
import { startDnsServer, type DnsServer } from '../support/dnsServer.ts';

const run = promisify(execFile);
const hour = 3_600_000;
/** Loopback addresses of the suite's own: where its region is found, and the name server that says so. */
const [address, nameServer] = ['127.77.0.2', '127.77.0.53'];
const host = 'shop.example.test';
const redirect = { type: 'redirect', url: 'example.org', permanentRedirect: true, httpOnly: false } as const;

/** A region with an edge on port 80, a name server and a certificate authority that asks it, and nothing but its API. */
describe('a certificate of a public authority, from the API to what is served', function () {
  this.timeout(120_000);
  let dns: DnsServer;
  let authority: AcmeServer;
  let region: AssembledRegion;
  let httpsPort: number;
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };

  before(async () => {
    dns = await startDnsServer(nameServer, 53);
    authority = await startAcmeServer({}, nameServer);
    httpsPort = await freePort();
    const options = {
      domain: 'apps.test',
      'edge-address': address,
      'http-port': '80',
      'https-port': String(httpsPort),
      'public-address': address,
      'dns-server': dns.address,
      'acme-directory': authority.directory,
      'acme-roots': authority.rootsFile,
    };
    region = await startAssembledRegion('certificates', { options, clock });
  });
  after(async () => {
    await region?.close();
    await authority?.stop();
    await dns?.close();
  });

  const params = () => ({ workspaceId: region.workspaceId });
  const urlOf = async (id: string) => {
    const { urls } = await region.api.listManagedUrls({ params: params(), query: {} });
    return urls.find((url) => url.id === id) ?? assert.fail();
  };

  async function until(
    ask: () => Promise<CertificateState | undefined>,
    isIt: (found: CertificateState) => boolean,
  ): Promise<CertificateState> {
    const deadline = AbortSignal.timeout(60_000);
    for (;;) {
      const found = await ask();
      if (found !== undefined && isIt(found)) return found;
      assert.notEqual(found?.state, 'failed', found?.message);
      await systemClock.sleep(20, deadline);
    }
  }

  /** The certificate that openssl is shown for a name, and believes. */
  async function served(name: string): Promise<X509Certificate> {
    const at = ['-connect', `${address}:${httpsPort}`, '-servername', name, '-verify_hostname', name];
    const args = ['s_client', ...at, '-CAfile', authority.rootsFile, '-verify_return_error'];
    const asked = run('openssl', args);
    asked.child.stdin?.end();
    return new X509Certificate((await asked).stdout);
  }

  /** Processes of the proxy: one that reads its files again has others. */
  const proxies = async (): Promise<string> =>
    (await run('docker', ['top', `patr-${region.name}-edge`, '-o', 'pid'])).stdout;

  const isValid = ({ state }: CertificateState): boolean => state === 'valid';

  it('is that of a managed URL, once its domain is verified and its name leads to the region', async () => {
    const { api } = region;
    const body = { domain: 'example.test', nameserverType: 'external' } as const;
    const { id: domainId } = await api.addDomain({ params: params(), body });
    dns.set('TXT', 'patrVerify.example.test', domainId);
    const { verified } = await api.verifyDomain({ params: { ...params(), domainId } });
    assert.equal(verified, true);
    const wanted = { subDomain: 'shop', domainId, path: '/', urlType: redirect };
    const { id } = await api.createManagedUrl({ params: params(), body: wanted });
    const state = async () => (await urlOf(id)).certificate;
    const verify = () => api.verifyManagedUrl({ params: { ...params(), managedUrlId: id } });
    await verify();
    const waiting = await until(state, (found) => found.message?.startsWith('There is no A record') === true);
    assert.equal(waiting.state, 'waitingForDns');
    await assert.rejects(served(host));
    dns.set('A', host, address);
    assert.equal((await verify()).configured, true);
    const valid = await until(state, isValid);
    const certificate = await served(host);
    assert.equal(parseTimestamp(valid.validUntil!), certificate.validToDate.getTime());
    assert.match(valid.issuer ?? '', /Caddy/);
    const at = ['--resolve', `${host}:${httpsPort}:${address}`, '--cacert', authority.rootsFile];
    const written = ['--silent', '--show-error', '--write-out', '%{http_code} %{redirect_url}'];
    const { stdout } = await run('curl', [...at, ...written, `https://${host}:${httpsPort}/`]);
    assert.match(stdout, /308 https:\/\/example\.org\/$/);
  });

  it("is that of a deployment's own addresses, and the deployment says so", async () => {
    const { api } = region;
    const { machineTypes } = await api.listMachineTypes({ params: params() });
    const body = {
      registry: '127.0.0.1:9',
      imageName: 'nobody/nothing',
      imageTag: 'latest',
      name: 'web shop',
      runner: region.regionId,
      machineType: machineTypes[0]!.id,
      deployOnPush: false,
      deployOnCreate: false,
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ports: { 8080: 'http' as const },
      environmentVariables: {},
      volumes: {},
      configMounts: {},
    };
    const { id: deploymentId } = await api.createDeployment({ params: params(), body });
    const names = ['web-shop.apps.test', `8080-${deploymentId}.apps.test`];
    for (const name of names) dns.set('A', name, address);
    const at = { ...params(), deploymentId };
    await api.startDeployment({ params: at, query: {} });
    await until(async () => (await api.getDeployment({ params: at })).certificate, isValid);
    const [first, second] = [await served(names[0]!), await served(names[1]!)];
    assert.equal(first.serialNumber, second.serialNumber);
    await api.stopDeployment({ params: at });
  });

  it('is renewed ahead of its end without a reload', async () => {
    const [before, running] = [await served(host), await proxies()];
    const [url] = (await region.api.listManagedUrls({ params: params(), query: {} })).urls;
    const { domainId } = url ?? assert.fail();
    // Its life is twelve hours; with a third of it left it is due, which is looked at when other hosts are wanted.
    ahead = 9 * hour;
    const wanted = { subDomain: 'later', domainId, path: '/', urlType: redirect };
    await region.api.createManagedUrl({ params: params(), body: wanted });
    const deadline = Date.now() + 60_000;
    while ((await served(host)).serialNumber === before.serialNumber) {
      if (Date.now() > deadline)
        throw new Error(`It was not renewed: ${JSON.stringify(await urlOf(url!.id))}`);
      await systemClock.sleep(20);
    }
    assert.equal(await proxies(), running);
  });
});
