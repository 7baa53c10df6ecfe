import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog, type Log } from '../../src/base/log.ts';
import { createApp } from '../../src/control-plane/api/app.ts';
import { ChangeFeed } from '../../src/control-plane/api/changeFeed.ts';
import { workspaceOf } from '../../src/control-plane/api/find.ts';
import { allHandlers } from '../../src/control-plane/api/handlers/all.ts';
import { hostRule } from '../../src/control-plane/api/hosts.ts';
import { spread } from '../../src/control-plane/api/spread.ts';
import { callerOf, formatToken, hashSecret } from '../../src/control-plane/auth/apiToken.ts';
import { tokenEnd } from '../../src/control-plane/auth/tokenEnd.ts';
import { ConfigSync } from '../../src/control-plane/config/configSync.ts';
import type { PostWanted } from '../../src/control-plane/config/poster.ts';
import type { Reconciler } from '../../src/control-plane/domain.ts';
import { logRules, LogStore } from '../../src/control-plane/logs/logStore.ts';
import { createSealer, type Sealer } from '../../src/control-plane/secrets/sealer.ts';
import { RegistryVault } from '../../src/control-plane/secrets/registryVault.ts';
import { MetricsFile } from '../../src/control-plane/metrics/metricsFile.ts';
import type { CertificateState } from '../../src/protocol/shapes/certificate.ts';
import type { Usage } from '../../src/control-plane/usage/usageMeter.ts';
import { createDns } from '../../src/control-plane/urls/dns.ts';
import { Verifier } from '../../src/control-plane/urls/verifier.ts';
import { Vault } from '../../src/control-plane/secrets/vault.ts';
import { createExternalRegistry } from '../../src/control-plane/registry/externalRegistry.ts';
import { openDatabase } from '../../src/control-plane/state/database.ts';
import { seed } from '../../src/control-plane/state/seed.ts';
import { Store } from '../../src/control-plane/state/store.ts';
import type { Notary } from '../../src/control-plane/state/wishes.ts';
import { FakeExecutor } from './fakeExecutor.ts';
import { FakeReconciler } from './fakeReconciler.ts';
import { FakeRegistry } from './fakeRegistry.ts';

/** Ids that count up: `…0001`, `…0002`. */
export function countingIds(): () => string {
  let last = 0;
  return () => (++last).toString(16).padStart(32, '0');
}

/** Seals with a key that is no secret. */
export function testSealer(): Sealer {
  return createSealer([{ id: '0'.repeat(16), madeAt: 0, key: Buffer.alloc(32, 7) }]);
}

export interface TestNotary extends Notary {
  readonly vault: Vault;
  readonly registryVault: RegistryVault;
  readonly workspaceId: string;
  readonly regionId: string;
  time: number;
}

/** A state in memory with its user, workspace and region, a clock that the test moves, and counting ids. */
export function memoryNotary(): TestNotary {
  const store = new Store(openDatabase(':memory:'), (error) => {
    throw error;
  });
  const ids = countingIds();
  store.change(() => seed(store.identity, 'local', 1000, ids));
  const workspaceId = store.identity.workspaces()[0]!.id;
  const regionId = store.identity.regions()[0]!.id;
  const vault = new Vault(store.secrets, testSealer());
  const registryVault = new RegistryVault(store.registries, testSealer());
  const notary = {
    store,
    vault,
    registryVault,
    ids,
    time: 1000,
    now: () => notary.time++,
    workspaceId,
    regionId,
  };
  return notary;
}

/** What was answered: as it came, and decoded. */
export interface Sent {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export interface TestControlPlane {
  readonly app: Hono;
  readonly notary: TestNotary;
  readonly reconciler: FakeReconciler;
  readonly registry: FakeRegistry;
  readonly feed: ChangeFeed;
  /** Has the instances that config mounts are brought to. */
  readonly executor: FakeExecutor;
  /** What instances were told by a POST; what it gives back went wrong there. */
  readonly posts: { readonly sent: PostWanted[]; problem: string | undefined };
  readonly logs: LogStore;
  /** What instances use, by id. */
  readonly used: Map<string, Usage>;
  /** How it stands with certificates of a public authority, by what they are kept under. */
  readonly certificates: Map<string, CertificateState>;
  /** What was measured. */
  readonly metrics: MetricsFile;
  readonly token: string;
  readonly stopping: AbortController;
  /** A request with the token to a path below the workspace, and what it answered. */
  send(method: string, path: string, body?: unknown): Promise<Sent>;
  dispose(): void;
}

/** The API over a state in memory, a loop that does nothing and a registry in memory. */
export function testControlPlane(
  log: Log = silentLog,
  aliveEveryMs = 15_000,
  dnsServers: readonly string[] = [],
): TestControlPlane {
  return controlPlaneOver(memoryNotary(), new FakeReconciler(), log, aliveEveryMs, dnsServers);
}

/** The API over this state and this loop, with a registry in memory. */
export function controlPlaneOver<R extends Reconciler>(
  notary: TestNotary,
  reconciler: R,
  log: Log = silentLog,
  aliveEveryMs = 15_000,
  dnsServers: readonly string[] = [],
): Omit<TestControlPlane, 'reconciler'> & { readonly reconciler: R } {
  const { store } = notary;
  const registry = new FakeRegistry();
  const used = new Map<string, Usage>();
  const certificates = new Map<string, CertificateState>();
  const usage = { of: () => Promise.resolve(used) };
  const metrics = MetricsFile.open(':memory:', (error) => {
    throw error;
  });
  const feed = new ChangeFeed(aliveEveryMs);
  const executor = new FakeExecutor(notary.now);
  const posts: TestControlPlane['posts'] = { sent: [], problem: undefined };
  const post = (wanted: PostWanted): Promise<string | undefined> => {
    posts.sent.push(wanted);
    return Promise.resolve(posts.problem);
  };
  const urlKeeper = { wake: () => undefined, trouble: () => undefined };
  const spreading = spread(store, reconciler, urlKeeper, feed);
  const stopping = new AbortController();
  const parts = { secret: 'a'.repeat(32), loginId: 'b'.repeat(32) };
  store.change(() =>
    store.apiTokens.put({
      loginId: parts.loginId,
      userId: store.identity.user()!.id,
      name: 'Test',
      secretHash: hashSecret(parts),
      permissions: undefined,
      notBefore: undefined,
      expiresAt: undefined,
      createdAt: 1,
      revokedAt: undefined,
    }),
  );
  const folder = join(tmpdir(), `patr-test-logs-${randomUUID()}`);
  const clock = systemClock;
  const logs = new LogStore({ folder, rules: logRules(64), clock, log, ids: randomUUID });
  const handlers = allHandlers({
    store,
    notary,
    logs,
    clock,
    usage,
    metrics,
    vault: notary.vault,
    registryVault: notary.registryVault,
    sealing: { rotateKey: noKeyFile, restoreKeys: noKeyFile },
    reconciler,
    config: new ConfigSync({ notary, executor, post, log }),
    registry,
    collector: {
      collect: () => Promise.reject(new Error('Nothing is collected here.')),
      last: () => undefined,
    },
    volumeData: executor,
    external: createExternalRegistry({ fetch, platform: () => reconciler.region().platform }),
    feed,
    verifier: new Verifier({
      notary,
      dns: createDns(dnsServers),
      domain: 'localhost',
      publicAddresses: ['203.0.113.5'],
    }),
    urlKeeper,
    certificateState: (holder) => certificates.get(holder),
    version: '1.2.3',
    domain: 'localhost',
    publicHost: '203.0.113.5',
  });
  const { signal } = stopping;
  const app = createApp({
    handlers,
    callerOf: (token) => callerOf(store.apiTokens, token, notary.time),
    tokenEnd: (given, waiting) =>
      tokenEnd({ store, clock: { ...clock, now: () => notary.time } }, given, waiting),
    workspaceOf: (id) => workspaceOf(store, id),
    hosts: hostRule(),
    log,
    signal,
  });
  const token = formatToken(parts);
  return {
    app,
    notary,
    reconciler,
    registry,
    feed,
    executor,
    posts,
    logs,
    used,
    certificates,
    metrics,
    token,
    stopping,
    async send(method, path, body) {
      const response = await app.request(`http://127.0.0.1/workspace/${notary.workspaceId}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'user-agent': 'test',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        text,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
      };
    },
    dispose() {
      stopping.abort();
      spreading.dispose();
      feed.dispose();
      rmSync(folder, { recursive: true, force: true });
      metrics.dispose();
      store.dispose();
    },
  };
}

function noKeyFile(): Promise<never> {
  return Promise.reject(new Error('There is no key file here.'));
}
