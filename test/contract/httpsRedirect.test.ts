import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertNoFailures, startLoad } from '../support/edge/load.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const run = promisify(execFile);
const host = 'web.localhost';

/** HAProxy in its container, asked by curl as people have it. */
describe('the way from HTTP to HTTPS at the edge', function () {
  this.timeout(60_000);
  let proxy: TestEdge;
  let upstream: Upstream;

  before(async () => {
    proxy = await startTestEdge({ slots: 1 });
    upstream = await startUpstream('web', '127.1.0.6', 0);
    const members = [{ instanceId: 'web', address: upstream.address, state: 'ready' as const }];
    const ports = [{ port: upstream.port, hosts: [host], members }];
    await proxy.edge().apply({ deploymentId: 'a'.repeat(32), ports });
    await writeFile(join(proxy.folder, 'authority.pem'), proxy.authority);
  });
  after(async () => {
    await upstream.stop();
    await proxy.close();
  });

  /** Status, where it is sent to, the body, and whether a browser would be told to come by HTTPS alone. */
  async function curl(...more: readonly string[]) {
    const at = ['-s', '--cacert', join(proxy.folder, 'authority.pem'), '-D', '-', ...more];
    const resolve = [proxy.httpPort, proxy.httpsPort].flatMap((port) => [
      '--resolve',
      `${host}:${port}:127.0.0.1`,
    ]);
    const { stdout } = await run('curl', [...at, ...resolve, `http://${host}:${proxy.httpPort}/a?b=c`]);
    const statuses = Array.from(stdout.matchAll(/^HTTP\/[\d.]+ (\d+)/gm), ([, status]) => Number(status));
    const location = /^location: (\S+)/im.exec(stdout)?.[1];
    return {
      statuses,
      location,
      body: stdout.split('\n').at(-1),
      hsts: /strict-transport-security/i.test(stdout),
    };
  }

  it('is open in both until it is asked for, and nobody is told to come by HTTPS alone', async () => {
    assert.deepEqual(await curl(), { statuses: [200], location: undefined, body: 'web', hsts: false });
  });

  it('leads to the same place by HTTPS once it is, with method and body, and without a lost request', async () => {
    const load = startLoad(proxy.target(host), ['http2', 'http2Stream']);
    await load.progress(2);
    const edge = await proxy.reopen({ httpsOnly: true });
    await edge.refresh();
    await load.progress(2);
    assertNoFailures(await load.stop());
    const to = `https://${host}:${proxy.httpsPort}/a?b=c`;
    assert.deepEqual(await curl(), { statuses: [308], location: to, body: '', hsts: false });
    const followed = await curl('-L', '-d', 'kept');
    assert.deepEqual([followed.statuses, followed.body], [[308, 200], 'kept']);
    assert.equal(upstream.seen.at(-1), 'POST /a?b=c');
  });

  it('is open again when it is not asked for any more', async () => {
    await (await proxy.reopen({ httpsOnly: false })).refresh();
    assert.deepEqual((await curl()).statuses, [200]);
    assert.equal(proxy.reloads(), 2);
  });
});
