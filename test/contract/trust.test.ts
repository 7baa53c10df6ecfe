import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { authorityFacts } from '../../src/local/trust/authority.ts';
import { runCommand, type Machine, type Run } from '../../src/local/trust/machine.ts';
import { changeTrust } from '../../src/local/trust/trust.ts';
import { ensureBrowser } from '../../scripts/setup/browser.ts';
import { freePort } from '../support/distribution.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const execute = promisify(execFile);
const signal = new AbortController().signal;
const host = 'web.localhost';

/** Real programs against the real edge, before its authority is trusted, while it is, and afterwards. */
describe('the trust of a machine', function () {
  this.timeout(120_000);
  let proxy: TestEdge;
  let upstream: Upstream;
  let home: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'patr-trust-'));
    const port = await freePort();
    proxy = await startTestEdge({ slots: 1 });
    upstream = await startUpstream('web', '127.1.0.1', port);
    const members = [{ instanceId: 'web', address: upstream.address, state: 'ready' as const }];
    await proxy.edge().apply({ deploymentId: 'a'.repeat(32), ports: [{ port, hosts: [host], members }] });
  });

  after(async () => {
    await upstream.stop();
    await proxy.close();
    await rm(home, { recursive: true, force: true });
  });

  const url = (): string => `https://${host}:${proxy.httpsPort}/`;

  const machineOf = (changes: Partial<Machine>): Machine => ({
    platform: 'linux',
    home,
    isRoot: false,
    hasDisplay: false,
    programs: new Set(['certutil', 'update-ca-certificates']),
    firefoxFolders: [],
    ...changes,
  });

  async function change(
    wish: 'trust' | 'untrust',
    machine: Machine,
    run: Run = runCommand,
  ): Promise<string[]> {
    const parts = { machine, run, folder: join(home, 'kept') };
    const outcomes = await changeTrust(parts, authorityFacts(proxy.authority), wish, { signal });
    return outcomes.map(({ kind }) => kind);
  }

  /** What a browser of this person makes of the address: the page's text, or why it shows none. */
  async function browse(): Promise<string> {
    const browser = await chromium.launch({
      executablePath: await ensureBrowser(),
      env: { ...process.env, HOME: home },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    });
    try {
      const page = await browser.newPage();
      await page.goto(url());
      return await page.innerText('body');
    } catch (error) {
      return /net::(\w+)/.exec(String(error))?.[1] ?? String(error);
    } finally {
      await browser.close();
    }
  }

  it("is the person's own: a browser believes the region's certificates from then on, and not afterwards", async () => {
    assert.equal(await browse(), 'ERR_CERT_AUTHORITY_INVALID');
    // Twice is as good as once; what only an administrator may do is left to one.
    for (const _ of [1, 2]) assert.deepEqual(await change('trust', machineOf({})), ['byHand', 'done']);
    assert.equal(await browse(), 'web');
    assert.deepEqual(await change('untrust', machineOf({})), ['byHand', 'done']);
    assert.equal(await browse(), 'ERR_CERT_AUTHORITY_INVALID');
  });

  it('is never asked for a password without an end where a database has one', async () => {
    const folder = await mkdtemp(join(home, 'firefox-'));
    const password = join(home, 'password');
    await execute('sh', ['-c', 'echo secret > "$0"', password]);
    await execute('certutil', ['-d', `sql:${folder}`, '-f', password, '-N']);
    const machine = machineOf({ firefoxFolders: [folder] });
    assert.deepEqual(await change('trust', machine), ['byHand', 'done', 'byHand']);
    assert.deepEqual(await change('untrust', machine), ['byHand', 'done', 'done']);
  });

  it("is the system's: curl and openssl believe the certificates from then on, and not afterwards", async () => {
    const system = await ownSystem(home);
    const run: Run = ({ program, args }, options) => runCommand(system.inside(program, args), options);
    const machine = machineOf({ isRoot: true, programs: new Set(['update-ca-certificates']) });
    const curl = (): ReturnType<Run> =>
      run({ program: 'curl', args: ['--silent', '--show-error', url()] }, { signal });
    try {
      assert.match((await curl()).output, /certificate/);
      assert.deepEqual(await change('trust', machine, run), ['done', 'byHand']);
      assert.deepEqual(await curl(), { code: 0, output: 'web' });
      const verify = [
        '-connect',
        `127.0.0.1:${proxy.httpsPort}`,
        '-servername',
        host,
        '-verify_hostname',
        host,
      ];
      const seen = await run({ program: 'openssl', args: ['s_client', ...verify, '-brief'] }, { signal });
      assert.match(seen.output, /Verification: OK/);
      assert.deepEqual(await change('untrust', machine, run), ['done', 'byHand']);
      assert.match((await curl()).output, /certificate/);
    } finally {
      await system.close();
    }
  });
});

interface OwnSystem {
  inside(program: string, args: readonly string[]): { program: string; args: string[] };
  close(): Promise<void>;
}

/** A mount namespace with a copy of the system's list of authorities, so that the machine's own stays as it is. */
async function ownSystem(folder: string): Promise<OwnSystem> {
  const script = `
    mkdir "$0/local" && cp -a /etc/ssl/certs "$0/certs"
    mount --bind "$0/certs" /etc/ssl/certs && mount --bind "$0/local" /usr/local/share/ca-certificates
    echo ready && exec cat`;
  const keeper: ChildProcess = spawn('unshare', ['--mount', 'sh', '-ec', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = await Promise.race([once(keeper.stdout!, 'data'), once(keeper, 'exit')]);
  assert.equal(String(said[0]).trim(), 'ready');
  return {
    inside: (program, args) => ({
      program: 'nsenter',
      args: ['--target', String(keeper.pid), '--mount', program, ...args],
    }),
    async close() {
      keeper.stdin?.end();
      await once(keeper, 'exit');
    },
  };
}
