import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from '../../scripts/bench/bench.ts';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { runtimeApi } from '../../src/control-plane/edge/runtimeApi.ts';
import { ask } from '../support/addressLoad.ts';
import { freePort } from '../support/editor/freePort.ts';
import { startPlainRegistry } from './plainRegistry.ts';

/** A rollout with the docker command line, as somebody does it who knows how: new instances, then the cut-over. */
export interface ByHand {
  /** Builds, pushes, and then rolls out. Returns the milliseconds from the pushed image to all traffic on it. */
  round(marker: string): Promise<number>;
  close(): Promise<void>;
}

/**
 * A registry without passwords, HAProxy with its admin socket, and `count` instances with the limits that a
 * deployment's have.
 */
export async function startByHand(
  images: BenchContext['images'],
  folder: string,
  count: number,
): Promise<ByHand> {
  const name = `patr-bench-hand-${process.pid}`;
  const mark = `cloud.patr.test=${name}`;
  const port = await freePort();
  const files = await mkdtemp(join(tmpdir(), 'patr-by-hand-'));
  const registry = await startPlainRegistry(images.registry);
  const image = `${registry.host}/hand:latest`;
  await must('docker', ['network', 'create', name]);
  const proxy = await startProxy(`${name}-proxy`, mark, images.edge, port, files);
  let [running, former, generation]: [string[], string[], number] = [[], [], 0];

  async function rollOut(marker: string): Promise<void> {
    await must('docker', ['pull', '--quiet', image]);
    generation += 1;
    const next = Array.from({ length: count }, (_, index) => `${name}-${generation}-${index}`);
    const addresses = await Promise.all(next.map((one) => runInstance(one, mark, name, image)));
    for (const address of addresses) await untilAnswered(`http://${address}:8080/`, marker, address);
    for (const [index, address] of addresses.entries()) {
      await proxy.add(`${next[index]}`, address);
    }
    for (const old of running) await proxy.drain(old);
    [former, running] = [running, next];
  }

  return {
    async round(marker) {
      const options = ['--build-arg', `BASE=${images.busybox}`, '--label', mark, '--tag', image];
      await must('docker', ['build', '--quiet', ...options, folder]);
      await must('docker', ['push', '--quiet', image]);
      const started = performance.now();
      await rollOut(marker);
      const took = performance.now() - started;
      // What ran before ends after the cut-over, which is what is measured.
      if (former.length > 0) await must('docker', ['rm', '--force', ...former]);
      await untilAnswered(`http://127.0.0.1:${port}/`, marker, '127.0.0.1');
      return took;
    },
    async close() {
      await removeAll('container', ['ps', '--all', '--quiet', '--filter', `label=${mark}`]);
      await registry.stop();
      await must('docker', ['network', 'rm', name]);
      await removeAll('image', ['image', 'ls', '--quiet', '--filter', `label=${mark}`]);
      await rm(files, { recursive: true, force: true });
    },
  };
}

async function removeAll(what: 'container' | 'image', listing: readonly string[]): Promise<void> {
  const ids = (await must('docker', listing)).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await must('docker', [what, 'rm', '--force', ...new Set(ids)]);
}

async function startProxy(name: string, mark: string, image: string, port: number, files: string) {
  const folder = join(files, 'proxy');
  await mkdir(folder);
  const text = `global
  stats socket ${folder}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
frontend public
  bind 127.0.0.1:${port}
  default_backend app
backend app
  balance leastconn
`;
  await writeFile(join(folder, 'haproxy.cfg'), text);
  const options = ['--label', mark, '--user', '0:0', '--network', 'host', '--volume', `${folder}:${folder}`];
  const command = ['--entrypoint', 'haproxy', image, '-db', '-f', `${folder}/haproxy.cfg`];
  await must('docker', ['run', '--detach', '--name', name, ...options, ...command]);
  const api = runtimeApi(join(folder, 'admin.sock'));
  const said = /^$|new server registered/i;
  return {
    async add(server: string, address: string): Promise<void> {
      await api.tell(`add server app/${server} ${address}:8080`, said);
      await api.tell(`set server app/${server} state ready`, said);
    },
    drain: (server: string) => api.tell(`set server app/${server} state drain`, said),
  };
}

async function runInstance(name: string, mark: string, network: string, image: string): Promise<string> {
  const limits = ['--label', mark, '--cpus', '1', '--memory', '500m', '--pids-limit', '512'];
  const hardened = ['--security-opt', 'no-new-privileges', '--log-driver', 'local'];
  await must('docker', [
    'run',
    '--detach',
    '--name',
    name,
    '--network',
    network,
    ...limits,
    ...hardened,
    image,
  ]);
  const format = `{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}`;
  return (await must('docker', ['inspect', '--format', format, name])).trim();
}

/** Asked as often as a young instance of ours is. */
async function untilAnswered(url: string, marker: string, at: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const answer = await ask(url, { at }).catch(() => undefined);
    if (answer?.status === 200 && answer.body.includes(marker)) return;
    await systemClock.sleep(5);
  }
  throw new Error(`${url} did not answer with the new version.`);
}
