import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withUnpacked } from '../../scripts/setup/debian.ts';
import { signalGroup } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { freePort } from './distribution.ts';

/** A certificate authority that speaks ACME and checks hosts in earnest: Caddy's. */
export interface AcmeServer {
  readonly directory: string;
  /** File with the root that signs both what it issues and its own address. */
  readonly rootsFile: string;
  roots(): Promise<string>;
  stop(): Promise<void>;
}

/** The program, fetched once for all suites of a run. */
let caddy: Promise<Buffer> | undefined;

/**
 * `hosts`: what it believes of names, such as `{ 'shop.example': '127.77.0.1' }`. `nameServer`: address of the one that
 * it asks about all others, at port 53; absent: that of the machine.
 */
export async function startAcmeServer(
  hosts: Readonly<Record<string, string>>,
  nameServer?: string,
): Promise<AcmeServer> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-acme-'));
  const program = join(folder, 'caddy');
  caddy ??= withUnpacked(['caddy'], (root) => readFile(join(root, 'usr/bin/caddy')));
  await writeFile(program, await caddy, { mode: 0o700 });
  const port = await freePort();
  const config = join(folder, 'caddy.json');
  await writeFile(config, JSON.stringify(caddyConfig(port)));
  const names = join(folder, 'hosts');
  const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}`);
  await writeFile(names, `127.0.0.1 localhost\n${lines.join('\n')}\n`);
  const servers = join(folder, 'resolv.conf');
  await writeFile(
    servers,
    nameServer === undefined ? await readFile('/etc/resolv.conf') : `nameserver ${nameServer}\n`,
  );
  // In a mount namespace: what it reads as the system's lists is ours, and the machine's stay as they are.
  const script =
    'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && exec "$0" run --config "$3"';
  const child = spawn('unshare', ['--mount', 'sh', '-ec', script, program, names, servers, config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, XDG_DATA_HOME: join(folder, 'data'), XDG_CONFIG_HOME: join(folder, 'config') },
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4000)));
  const rootsFile = join(folder, 'data/caddy/pki/authorities/local/root.crt');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      signalGroup(child, 'SIGKILL');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  };
  // The line that it writes once it serves.
  while (!words.includes('serving initial configuration') || !words.includes('certificate obtained')) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`The certificate authority did not start: ${words}`);
    }
    await systemClock.sleep(25);
  }
  return {
    directory: `https://localhost:${port}/acme/local/directory`,
    rootsFile,
    roots: () => readFile(rootsFile, 'utf8'),
    stop,
  };
}

function caddyConfig(port: number) {
  return {
    admin: { disabled: true },
    logging: { logs: { default: { level: 'INFO' } } },
    apps: {
      pki: { certificate_authorities: { local: { install_trust: false } } },
      tls: { automation: { policies: [{ issuers: [{ module: 'internal' }] }] } },
      http: {
        servers: {
          acme: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable_redirects: true },
            routes: [{ match: [{ host: ['localhost'] }], handle: [{ handler: 'acme_server' }] }],
          },
        },
      },
    },
  };
}
