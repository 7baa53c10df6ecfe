import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { installLibrariesOf, installPackages, withUnpacked } from '../../scripts/setup/debian.ts';
import { signalGroup } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';

/** Programs of Debian's that are run from where they were unpacked: installed, they would start as services. */
export interface DebianPrograms {
  readonly nginx: string;
  readonly haproxy: string;
}

/** Unpacks nginx and HAProxy, and has `wrk` installed. */
export async function withDebianPrograms<T>(use: (programs: DebianPrograms) => Promise<T>): Promise<T> {
  await installPackages(['wrk']);
  for (const name of ['nginx', 'haproxy']) await installLibrariesOf(name);
  return withUnpacked(['nginx', 'haproxy'], (root) =>
    use({ nginx: join(root, 'usr/sbin/nginx'), haproxy: join(root, 'usr/sbin/haproxy') }),
  );
}

/** Starts a server of the caller's configuration in the foreground, and waits until it takes connections. */
export async function startServer(
  program: string,
  args: readonly string[],
  port: number,
  address = '127.0.0.1',
): Promise<() => Promise<void>> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  const stop = (): Promise<void> => ended(child);
  for (let tries = 0; !(await takesConnections(address, port)); tries += 1) {
    if (child.exitCode !== null || tries > 200) {
      await stop();
      throw new Error(`${program} does not listen on ${address}:${port}: ${words}`);
    }
    await systemClock.sleep(25);
  }
  return stop;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  signalGroup(child, 'SIGTERM');
  await exit;
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const tell = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}

/** nginx as it is started here: in the foreground, with everything that it writes in a folder of its own. */
async function nginxArgs(folder: string, http: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
  const text = `daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
worker_processes auto;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary}
  ${http}
}
`;
  await writeFile(join(folder, 'nginx.conf'), text);
  return ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
}

/** An application that answers at once, on several addresses: what a proxy costs is what is left. */
export function applicationArgs(
  folder: string,
  addresses: readonly string[],
  port: number,
): Promise<string[]> {
  const listens = addresses.map((address) => `listen ${address}:${port};`).join(' ');
  const body = 'x'.repeat(500);
  return nginxArgs(
    folder,
    `keepalive_requests 1000000000; server { ${listens} location / { default_type text/plain; return 200 '${body}'; } }`,
  );
}

/** nginx as a proxy before the application, as its manual says for kept-alive upstreams. */
export function nginxProxyArgs(
  folder: string,
  port: number,
  upstreams: readonly string[],
): Promise<string[]> {
  return nginxArgs(
    folder,
    `keepalive_requests 1000000000;
  upstream app { least_conn; ${upstreams.map((one) => `server ${one};`).join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    server_name web.localhost;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`,
  );
}

/** HAProxy with everything written down: one name, its servers, the headers that an application wants. */
export async function haproxyArgs(
  folder: string,
  port: number,
  upstreams: readonly string[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const text = `defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-request 10s
frontend public
  bind 127.0.0.1:${port}
  http-request set-header x-forwarded-for %[src]
  http-request set-header x-forwarded-host %[req.hdr(host)]
  http-request set-header x-forwarded-proto http
  use_backend app if { req.hdr(host),field(1,:) -i web.localhost }
backend app
  balance leastconn
${upstreams.map((one, index) => `  server s${index} ${one}`).join('\n')}
`;
  await writeFile(join(folder, 'haproxy.cfg'), text);
  return ['-db', '-f', join(folder, 'haproxy.cfg')];
}
