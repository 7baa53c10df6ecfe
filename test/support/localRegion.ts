import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createClient, type Api } from '../../src/client/client.ts';
import type { Connection } from '../../src/client/connection.ts';
import { openServer } from '../../src/client/server.ts';
import type { Target } from '../../src/deploy/target.ts';
import { defaultUnixSocket } from '../../src/docker/address.ts';
import { ownDockerHome } from '../../src/docker/configFile.ts';
import { currentContext } from '../../src/docker/dockerContexts.ts';
import type { Engine } from '../../src/docker/engine.ts';
import { openEngine } from '../../src/docker/openEngine.ts';
import {
  defaultLocalSettings,
  type LocalEndpoint,
  type LocalHost,
  type LocalSettings,
} from '../../src/local/contract.ts';
import { makeLocalHost } from '../../src/local/localHost.ts';
import type { Runner } from '../../src/protocol/shapes/workspace.ts';
import { testImages } from './engine.ts';

const bundleFile = join(import.meta.dirname, '../../dist/control-plane.mjs');

/** A local region of a suite's own on the real engine. Nothing runs until `host.ensure` is called. */
export interface TestRegion {
  readonly name: string;
  readonly settings: LocalSettings;
  readonly engine: Engine;
  readonly host: LocalHost;
  /** Another window on the same region, with what matters to the test changed. */
  window(changes?: { settings?: Partial<LocalSettings>; version?: string }): LocalHost;
  /**
   * Removes the region, the images that were built for it, and closes the engine. `workspaces`: their ids, where no
   * control plane's container can be asked for them.
   */
  close(workspaces?: readonly string[]): Promise<void>;
}

export async function openTestRegion(what: string, usual = '0.1.0'): Promise<TestRegion> {
  const context = await currentContext(ownDockerHome());
  if (context.kind === 'broken') throw new Error(context.message);
  const { address } = context;
  const engine = openEngine(address);
  const name = `${what}-${randomBytes(3).toString('hex')}`;
  const { node, registry, edge } = testImages();
  // Far from the ports of other regions: one that is killed shall find its own again.
  const base = randomInt(200, 300) * 100;
  const settings: LocalSettings = {
    name,
    images: { node, registry, edge },
    ports: { api: base, registry: base + 20, http: base + 40, https: base + 60 },
    placement: 'auto',
    httpsRedirect: defaultLocalSettings.httpsRedirect,
    keep: defaultLocalSettings.keep,
  };
  const window: TestRegion['window'] = (changes = {}) =>
    makeLocalHost({
      engine,
      bundle: { file: bundleFile, version: changes.version ?? usual },
      settings: { ...settings, ...changes.settings },
      fetch,
      clock: systemClock,
      userAgent: 'patr-deployments/test',
      socket: address.kind === 'unix' && process.platform === 'linux' ? address.path : defaultUnixSocket,
    });
  const host = window();
  return {
    name,
    settings,
    engine,
    host,
    window,
    async close(known) {
      const workspaces = known ?? (await workspacesOf(host));
      await host.remove();
      for (const { tags, repoDigests } of await engine.listImages({ labels: {} })) {
        const own = [...tags, ...repoDigests].filter((name) =>
          workspaces.some((id) => name.includes(`/${id}/`)),
        );
        for (const name of own) await engine.removeImage(name);
      }
      engine.dispose();
    },
  };
}

async function workspacesOf(host: LocalHost): Promise<readonly string[]> {
  const state = await host.find();
  return state.kind === 'running' ? workspaceIds(state.endpoint) : [];
}

/** Images are tagged with the workspace's id, which no other region has. */
export async function workspaceIds(endpoint: LocalEndpoint): Promise<readonly string[]> {
  const { workspaces } = await clientFor(endpoint).listWorkspaces();
  return workspaces.map(({ id }) => id);
}

export function clientFor(endpoint: LocalEndpoint, fetching: typeof fetch = fetch): Api {
  return createClient(connectionTo(endpoint, fetching));
}

function connectionTo({ url, token }: LocalEndpoint, fetching: typeof fetch): Connection {
  return {
    url,
    token,
    fetch: fetching,
    userAgent: 'patr-deployments/test',
    clock: systemClock,
    chance: Math.random,
    timeoutMs: 30_000,
  };
}

/** What the journeys work on, and the region itself. */
export async function targetAt(
  endpoint: LocalEndpoint,
  fetching: typeof fetch = fetch,
): Promise<{ target: Target; region: Runner }> {
  const { api, backend } = await openServer(connectionTo(endpoint, fetching));
  const { workspaces } = await api.listWorkspaces();
  const workspaceId = workspaces[0]!.id;
  const { runners } = await api.listRunners({ params: { workspaceId } });
  const target = { api, backend, workspaceId, token: endpoint.token };
  return { target, region: runners[0]! };
}
