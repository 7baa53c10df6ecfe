import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { HostSet } from '../../src/control-plane/acme/decide.ts';
import type { AcmeKeeper } from '../../src/control-plane/acme/keeper.ts';
import { makeAcmeKeeper } from '../../src/control-plane/acme/parts.ts';
import { startAcmeServer, type AcmeServer } from '../support/acmeServer.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { freePort } from '../support/distribution.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const execute = promisify(execFile);
const hour = 3_600_000;
const shop = 'shop.example.test';
const nowhere = 'nowhere.example.test';
/** Where the authority finds the host: a loopback address of the test's own, whose port 80 nobody has. */
const address = '127.77.0.1';

/** Certificates of a real authority, which asks back through the real edge. */
describe('certificates of a public authority', function () {
  this.timeout(120_000);
  let authority: AcmeServer;
  let proxy: TestEdge;
  let upstream: Upstream;
  let stateDir: string;
  let keepers: AcmeKeeper[] = [];
  let ahead = 0;
  let wanted: HostSet[] = [];
  const clock: Clock = {
    now: () => Date.now() + ahead,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };

  before(async () => {
    authority = await startAcmeServer({ [shop]: address });
    proxy = await startTestEdge({ slots: 2, listen: address, http: 80 });
    const port = await freePort();
    upstream = await startUpstream('shop', '127.1.0.2', port);
    const members = [{ instanceId: 'shop', address: upstream.address, state: 'ready' as const }];
    const routes = { deploymentId: 'a'.repeat(32), ports: [{ port, hosts: ['web.localhost'], members }] };
    await proxy.edge().apply(routes);
  });
  after(async () => {
    await upstream.stop();
    await proxy.close();
    await authority.stop();
  });
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'patr-acme-state-'));
    [ahead, wanted] = [0, []];
  });
  afterEach(async () => {
    for (const keeper of keepers) await keeper.stop();
    keepers = [];
    for (const holder of await proxy.edge().publicHolders())
      await proxy.edge().removePublicCertificate(holder, {});
    await rm(stateDir, { recursive: true, force: true });
  });

  async function keep(...sets: HostSet[]): Promise<AcmeKeeper> {
    wanted = sets;
    const keeper = await makeAcmeKeeper({
      stateDir,
      acme: { directory: authority.directory, contact: 'ops@example.test', roots: await authority.roots() },
      userAgent: 'test',
      wanted: () => wanted,
      edge: () => proxy.edge(),
      clock,
      log: silentLog,
      chance: () => 0,
    });
    keepers.push(keeper);
    keeper.start();
    return keeper;
  }

  const setOf = (host: string): HostSet => ({ holder: `url-${host}`, hosts: [host] });

  async function until(keeper: AcmeKeeper, host: string, ...states: readonly string[]) {
    const isSo = () => states.includes(keeper.state(`url-${host}`)?.state ?? '');
    while (!isSo()) await systemClock.sleep(20);
    return keeper.state(`url-${host}`) ?? assert.fail();
  }

  /** The certificate that openssl is shown and believes. */
  async function served(host: string): Promise<X509Certificate> {
    const at = ['-connect', `${address}:${proxy.httpsPort}`, '-servername', host, '-verify_hostname', host];
    const args = ['s_client', ...at, '-CAfile', authority.rootsFile, '-verify_return_error'];
    const asked = execute('openssl', args);
    asked.child.stdin?.end();
    return new X509Certificate((await asked).stdout);
  }

  async function curl(...args: readonly string[]): Promise<string> {
    const at = ['--resolve', `${shop}:${proxy.httpsPort}:${address}`, '--cacert', authority.rootsFile];
    const url = `https://${shop}:${proxy.httpsPort}/`;
    return (await execute('curl', ['--silent', '--show-error', ...at, ...args, url])).stdout;
  }

  it('are got through the edge, served and renewed ahead of their end without a reload, and forgotten', async () => {
    const keeper = await keep(setOf(shop));
    const state = await until(keeper, shop, 'valid', 'failed', 'waitingForDns');
    assert.equal(state.state, 'valid', state.message);
    assert.match(state.issuer ?? '', /Caddy/);
    const first = await served(shop);
    assert.equal(first.checkHost(shop), shop);
    assert.match(await curl('--http2', '--write-out', '%{http_version} %{ssl_verify_result}'), /2 0$/);
    for (const file of ['acme-account.key', 'acme.json'].slice(0, 1))
      assert.equal((await stat(join(stateDir, file))).mode & 0o777, 0o600);
    // Its life is twelve hours; with a third of it left it is due.
    ahead = 9 * hour;
    keeper.wake();
    while ((await served(shop)).serialNumber === first.serialNumber) await systemClock.sleep(20);
    assert.equal(proxy.reloads(), 0);
    wanted = [];
    keeper.wake();
    while ((await proxy.edge().publicHolders()).length > 0) await systemClock.sleep(20);
    await assert.rejects(served(shop));
  });

  it('are there again after a restart without another order', async () => {
    await until(await keep(setOf(shop)), shop, 'valid');
    const { serialNumber } = await served(shop);
    await keepers.pop()?.stop();
    await until(await keep(setOf(shop)), shop, 'valid');
    assert.equal((await served(shop)).serialNumber, serialNumber);
  });

  it("wait in the authority's words where a name leads nowhere, also over a restart, and hinder no other", async () => {
    const keeper = await keep(setOf(nowhere), setOf(shop));
    const state = await until(keeper, nowhere, 'waitingForDns', 'failed', 'valid');
    assert.equal(state.state, 'waitingForDns', state.message);
    assert.match(state.message ?? '', /nowhere\.example\.test could not be checked: /);
    await until(keeper, shop, 'valid');
    await keepers.pop()?.stop();
    const later = await until(await keep(setOf(nowhere)), nowhere, 'waitingForDns', 'ordering');
    assert.deepEqual(later, state);
  });

  it('are not asked for while it is known that it would be in vain', async () => {
    const waitingFor = 'There is no A record at shop.example.test.';
    const keeper = await keep({ ...setOf(shop), waitingFor });
    const state = await until(keeper, shop, 'waitingForDns', 'ordering', 'valid');
    assert.deepEqual(state, { state: 'waitingForDns', message: waitingFor });
    wanted = [setOf(shop)];
    keeper.wake();
    await until(keeper, shop, 'valid');
  });
});
