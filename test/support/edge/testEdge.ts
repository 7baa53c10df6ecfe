import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { openEdgeFiles } from '../../../src/control-plane/edge/edgeFiles.ts';
import { HaproxyEdge, type HaproxyEdgeOptions } from '../../../src/control-plane/edge/haproxyEdge.ts';
import { placementOf } from '../../../src/control-plane/placement.ts';
import { ensureService, untilAnswering } from '../../../src/control-plane/region/service.ts';
import { edgeFolder, edgeSpec } from '../../../src/control-plane/region/specs.ts';
import { makeAuthority } from '../../../src/control-plane/tls/authority.ts';
import { freePort } from '../distribution.ts';
import { openTestEngine, testImages, type TestEngine } from '../engine.ts';
import type { LoadTarget } from './load.ts';

/** The edge's real container, as a region on a Linux engine has it, with a folder and ports of its own. */
export interface TestEdge {
  readonly test: TestEngine;
  readonly container: string;
  /** What control plane and proxy share, as this process sees it. */
  readonly folder: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Certificate of the authority. */
  readonly authority: string;
  edge(): HaproxyEdge;
  target(host: string): LoadTarget;
  /** How often the proxy was told to read its files again. */
  reloads(): number;
  /** Another control plane on the same folder, as after a kill, with other options where wanted. */
  reopen(changes?: Pick<HaproxyEdgeOptions, 'httpsOnly'>): Promise<HaproxyEdge>;
  untilAnswering(): Promise<void>;
  close(): Promise<void>;
}

export interface TestEdgeOptions {
  readonly slots: number;
  /** An address of loopback, and a port of it that has to be free; where nothing else is said, any. */
  readonly listen?: string;
  readonly http?: number;
  /** Beyond so many connections everybody is told to come back. */
  readonly connections?: number;
  /** Of one client address. */
  readonly connectionsPerClient?: number;
  /** What certificates of other servers are checked against. */
  readonly roots?: string;
}

export async function startTestEdge({
  slots,
  listen,
  http,
  connections,
  connectionsPerClient,
  roots,
}: TestEdgeOptions): Promise<TestEdge> {
  const test = await openTestEngine();
  const folder = await mkdtemp(join(tmpdir(), 'patr-edge-'));
  const files = await openEdgeFiles(folder, edgeFolder);
  const [httpPort, httpsPort] = [http ?? (await freePort()), await freePort()];
  const authority = await makeAuthority('test', 'localhost', Date.now());
  const region = `test-${randomUUID().slice(0, 8)}`;
  const container = `patr-${region}-edge`;
  const placement = placementOf('host', region);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  let reloads = 0;
  const open: TestEdge['reopen'] = (changes = {}) =>
    HaproxyEdge.open({
      files,
      authority,
      domain: 'localhost',
      listen: listen ?? placement.listen,
      ...(connections === undefined ? {} : { connections }),
      ...(connectionsPerClient === undefined ? {} : { connectionsPerClient }),
      ports: { http: httpPort, https: httpsPort },
      owner,
      slots,
      ...(roots === undefined ? {} : { roots }),
      ...changes,
      log: silentLog,
      clock: systemClock,
      async reload(options) {
        reloads += 1;
        await test.engine.killContainer(container, 'SIGUSR2', options);
      },
    });
  let edge = await open();
  const spec = edgeSpec({
    region,
    image: testImages().edge,
    placement,
    shared: (target, readOnly) => ({ kind: 'bind', source: folder, target, readOnly }),
    http: httpPort,
    https: httpsPort,
    owner,
  });
  const close = async (): Promise<void> => {
    await test.engine.removeContainer(container);
    await test.close();
    await rm(folder, { recursive: true, force: true });
  };
  const answering = async (): Promise<void> => {
    const what = { engine: test.engine, id: container, name: 'The edge', clock: systemClock };
    await untilAnswering((signal) => edge.ping({ signal }), what);
  };
  try {
    const started = await ensureService(test.engine, spec);
    if (started.kind !== 'running') throw new Error('The edge could not be started.');
    await answering();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    test,
    container,
    folder,
    httpPort,
    httpsPort,
    authority: authority.certificate,
    edge: () => edge,
    target: (host) => ({ host, httpPort, httpsPort, authority: authority.certificate }),
    reloads: () => reloads,
    reopen: async (changes) => (edge = await open(changes)),
    untilAnswering: answering,
    close,
  };
}
