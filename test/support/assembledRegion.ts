import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Api } from '../../src/client/client.ts';
import { assemble, type ControlPlane } from '../../src/control-plane/assemble.ts';
import { parseOptions } from '../../src/control-plane/options.ts';
import type { ProbeRules } from '../../src/control-plane/probes/rules.ts';
import { listen, type Server } from '../../src/control-plane/server.ts';
import type { Engine } from '../../src/docker/engine.ts';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import { toWireUuid } from '../../src/protocol/wire.ts';
import { testImages } from './engine.ts';
import { clientFor, openTestRegion } from './localRegion.ts';

/** A region on the real engine whose control plane runs in this process, so that a test can stand in its ways. */
export interface AssembledRegion {
  readonly name: string;
  readonly engine: Engine;
  readonly endpoint: LocalEndpoint;
  readonly api: Api;
  readonly workspaceId: string;
  readonly regionId: string;
  /** Host and port of the registry. */
  readonly registryHost: string;
  /** Ends the control plane and starts another one on the same state and port. */
  replace(): Promise<void>;
  close(): Promise<void>;
}

export interface AssembledWanted {
  /** Further options of the command line, by name. */
  readonly options?: Readonly<Record<string, string>>;
  readonly probeRules?: ProbeRules;
  /** The machine's own when absent. */
  readonly clock?: Clock;
  /** May answer a notification in the control plane's place. */
  readonly onWebhook?: (
    request: Request,
    deliver: (request: Request) => Promise<Response>,
  ) => Promise<Response>;
}

export async function startAssembledRegion(
  what: string,
  wanted: AssembledWanted = {},
): Promise<AssembledRegion> {
  const region = await openTestRegion(what);
  const stateDir = await mkdtemp(join(tmpdir(), `patr-${what}-`));
  const tokenFile = join(stateDir, 'token');
  const { registry, edge } = testImages();
  const given = {
    port: '0',
    'state-dir': stateDir,
    'token-file': tokenFile,
    name: region.name,
    'registry-image': registry,
    'edge-image': edge,
    'registry-port': String(region.settings.ports.registry),
    'http-port': String(region.settings.ports.http),
    'https-port': String(region.settings.ports.https),
    ...wanted.options,
  };
  const options = parseOptions(Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]));
  let running: { plane: ControlPlane; server: Server };

  async function start(port: number): Promise<void> {
    const plane = await assemble({
      options,
      version: '0.0.0',
      engine: region.engine,
      clock: wanted.clock ?? systemClock,
      ids: () => toWireUuid(randomUUID()),
      log: silentLog,
      chance: Math.random,
      ...(wanted.probeRules === undefined ? {} : { probeRules: wanted.probeRules }),
    });
    const deliver = async (request: Request): Promise<Response> => plane.app.fetch(request);
    const server = await listen(
      (request) =>
        wanted.onWebhook !== undefined && request.url.endsWith('/webhook/registry')
          ? wanted.onWebhook(request, deliver)
          : deliver(request),
      { host: '127.0.0.1', port },
    );
    running = { plane, server };
    await plane.start(server.port);
    // A first try that failed is made up for by the next one; what a test asks for needs the region to be up.
    await untilConnected(clientFor(await endpointAt(server.port)));
  }

  async function endpointAt(port: number): Promise<LocalEndpoint> {
    const token = (await readFile(tokenFile, 'utf8')).trim();
    return { url: `http://127.0.0.1:${port}`, version: '0.0.0', token };
  }

  async function end(): Promise<void> {
    running.plane.drain();
    await running.server.close();
    await running.plane.stop();
  }

  await start(0);
  const { port } = running!.server;
  const endpoint = await endpointAt(port);
  const api = clientFor(endpoint);
  const { workspaces } = await api.listWorkspaces();
  const workspaceId = workspaces[0]!.id;
  const { runners } = await api.listRunners({ params: { workspaceId } });
  return {
    name: region.name,
    engine: region.engine,
    endpoint,
    api,
    workspaceId,
    regionId: runners[0]!.id,
    registryHost: (await api.getServerInfo()).registry?.host ?? '',
    async replace() {
      await end();
      await start(port);
    },
    async close() {
      await end();
      await region.close([workspaceId]);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function untilConnected(api: Api): Promise<void> {
  const deadline = AbortSignal.timeout(60_000);
  const { workspaces } = await api.listWorkspaces();
  const params = { workspaceId: workspaces[0]!.id };
  while (!(await api.listRunners({ params })).runners[0]!.connected) await systemClock.sleep(50, deadline);
}
