import { join } from 'node:path';
import type { Hono } from 'hono';
import { readFile } from 'node:fs/promises';
import { DisposableStore } from '../base/disposable.ts';
import type { Clock } from '../base/clock.ts';
import { describeError, type Log } from '../base/log.ts';
import type { Engine } from '../docker/engine.ts';
import type { AcmeKeeper } from './acme/keeper.ts';
import { certificatesWanted, holderOfHost } from './acme/wanted.ts';
import { Adoption } from './adoption/adoption.ts';
import { createApp } from './api/app.ts';
import { ChangeFeed } from './api/changeFeed.ts';
import { workspaceOf } from './api/find.ts';
import { allHandlers } from './api/handlers/all.ts';
import { hostRule } from './api/hosts.ts';
import { spread } from './api/spread.ts';
import { callerOf } from './auth/apiToken.ts';
import { tokenEnd } from './auth/tokenEnd.ts';
import { admitToken, tokenFromFile } from './auth/tokenFile.ts';
import { ConfigSync } from './config/configSync.ts';
import { networkPoster } from './config/poster.ts';
import { edgeOf, makeExecutor } from './executorParts.ts';
import { LogCollector } from './logs/logCollector.ts';
import { logRules, LogStore } from './logs/logStore.ts';
import { Autoscaler } from './autoscaler/autoscaler.ts';
import { scaleRules } from './autoscaler/decideScale.ts';
import { MetricsFile } from './metrics/metricsFile.ts';
import { Sampler } from './metrics/sampler.ts';
import type { Options } from './options.ts';
import { networkProber } from './probes/prober.ts';
import { defaultProbeRules, type ProbeRules } from './probes/rules.ts';
import type { Region } from './region/region.ts';
import { makeRegion, otherNames, publishingOf, registryUrl } from './regionParts.ts';
import { defaultPlanRules } from './reconcile/plan/model.ts';
import { UsageMeter } from './usage/usageMeter.ts';
import { createReconciler } from './reconcile/reconciler.ts';
import { collectRules, createCollector } from './registry/collect/collector.ts';
import { createExternalRegistry } from './registry/externalRegistry.ts';
import { repositoryPath } from './registry/imageRegistry.ts';
import { registryParts } from './registry/registryParts.ts';
import { openVaults, type Vaults } from './secrets/vaults.ts';
import { reconcileStore } from './state/reconcileStore.ts';
import { openStore } from './state/open.ts';
import type { Store } from './state/store.ts';
import { createDns } from './urls/dns.ts';
import { createDnsWatch } from './urls/dnsWatch.ts';
import { hostOf } from './urls/places.ts';
import { urlTargets } from './urls/regionTargets.ts';
import { createUrlKeeper } from './urls/urlKeeper.ts';
import { Verifier } from './urls/verifier.ts';

/** How often every deployment is looked at without a reason, in milliseconds. */
const lookEveryMs = 30_000;

/** How long the engine is waited for before the API answers, in milliseconds; later it is asked again. */
const identityPatienceMs = 5000;

export interface AssembleWanted {
  readonly options: Options;
  readonly version: string;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
  /** Patr's numbers when absent. */
  readonly probeRules?: ProbeRules;
}

export interface ControlPlane {
  readonly app: Hono;
  /** Brings the region up, once the API answers at this port. Resolves after the first try. */
  start(apiPort: number): Promise<void>;
  /** Ends streams and requests that wait for something; what is asked from now on is still answered. */
  drain(): void;
  /** Ends the loop at a step boundary and closes the database. Deployments go on serving. */
  stop(): Promise<void>;
}

/** Puts the control plane together, by hand and in one place. The caller holds the lock of the state. */
export async function assemble(wanted: AssembleWanted): Promise<ControlPlane> {
  const { options, engine, clock, ids, log, chance, version } = wanted;
  const held = new DisposableStore();
  const now = () => clock.now();
  let port = options.port;

  const store = held.add(await stateOf(wanted));
  const notary = { store, now, ids };
  const vaults = await vaultsOf(wanted, store);
  const { vault, registryVault } = vaults;
  const registry = await registryParts({
    stateDir: options.stateDir,
    notary,
    clock,
    log,
    chance,
    baseUrl: () => registryUrl(region, options.name),
    platform: () => region.facts().platform,
    freeBytes: () => region.facts().freeBytes,
  });
  const { secrets, key } = registry;
  const region = await makeRegion({
    options,
    engine,
    clock,
    log,
    registry: { secrets, tokenCertificate: key.certificate },
    apiPort: () => port,
  });
  const loopStore = reconcileStore(store, vault, registryVault);
  const logs = await logsOf(wanted, store);
  const collecting = new LogCollector({ engine, region: options.name, store: logs, clock, log });
  const executor = makeExecutor({
    options,
    engine,
    region,
    logs: collecting,
    credentials: registry.engineCredentials,
  });
  const adoption = new Adoption({ notary, vault, executor, log });
  await adoption
    .takeOverIdentity({ signal: AbortSignal.timeout(identityPatienceMs) })
    .catch((error: unknown) =>
      log.debug('What runs cannot be looked at yet', { error: describeError(error) }),
    );
  const config = new ConfigSync({ notary, executor, post: networkPoster, log });
  const reconciler = createReconciler({
    store: loopStore,
    executor,
    config,
    edge: edgeOf(region),
    freeBytes: (options) => region.freeBytes(options),
    prober: networkProber,
    clock,
    log,
    chance,
    ids,
    planRules: defaultPlanRules,
    probeRules: wanted.probeRules ?? defaultProbeRules,
    domain: options.domain,
    publishing: publishingOf(options),
    registryHost: () => region.facts().registryHost,
    repositoryPath: (id) => pathOf(store, id),
    facts: () => region.facts(),
    refusal: () => region.refusal(),
    lookEveryMs,
    adopt: (id, options) => adoption.adopt(id, options),
  });
  const rules = scaleRules(options.scaleWindowSeconds, options.scaleAbovePercent);
  const usage = new UsageMeter({ executor, clock });
  const autoscaler = new Autoscaler({ store: loopStore, reconciler, usage, clock, log, rules });

  const metrics = held.add(openMetrics(wanted));
  const edge = () => region.edge();
  const sampler = new Sampler({ store, reconciler, usage, edge, file: metrics, clock, log });

  const collector = createCollector({
    notary,
    storage: region.registryStorage(),
    registry: registry.client,
    registryAt: (url) => registry.clientAt(url),
    gate: registry.gate,
    rules: collectRules(options),
    clock,
    log,
  });

  const { domain, publicAddresses } = options;
  const dns = createDns(options.dnsServers);
  const verifier = new Verifier({ notary, dns, domain, publicAddresses });
  const dnsWatch = createDnsWatch({ store, verifier, clock, log });
  const urlKeeper = createUrlKeeper({
    notary,
    edge: () => region.edge(),
    dns,
    targets: urlTargets(options),
    clock,
    log,
    chance,
  });

  const certificates = await certificatesOf(wanted, store, region);
  if (certificates !== undefined) {
    held.add(store.onChange(() => certificates.wakeIfChanged()));
    held.add(
      certificates.onChange((holder) => {
        for (const { id } of urlsUnder(store, holder)) feed.publish({ kind: 'managedUrl', id });
        if (store.deployments.find(holder) !== undefined) feed.publish({ kind: 'deployment', id: holder });
      }),
    );
  }

  const feed = held.add(new ChangeFeed());
  held.add(spread(store, reconciler, urlKeeper, feed));
  held.add(
    store.onChange((change) => {
      if (change.kind === 'deleted') metrics.forget(change.deploymentId);
    }),
  );
  held.add(
    region.onChange(() => {
      tellOfRegion(store, feed);
      // What could not be done without the region can perhaps be done now.
      for (const id of store.deployments.ids()) reconciler.wake(id);
      urlKeeper.wake();
      certificates?.wake();
    }),
  );
  const handlers = allHandlers({
    store,
    notary,
    vault,
    registryVault,
    sealing: vaults,
    logs,
    clock,
    usage,
    metrics,
    reconciler,
    config,
    registry: registry.client,
    collector,
    volumeData: executor,
    external: createExternalRegistry({ fetch, platform: () => region.facts().platform }),
    feed,
    verifier,
    urlKeeper,
    certificateState: (holder) => certificates?.state(holder),
    version,
    domain,
    publicHost: publicAddresses[0] ?? options.edgeAddress,
  });
  const draining = new AbortController();
  const { signal } = draining;
  const hosts = hostRule(otherNames(options));
  const app = createApp({
    handlers,
    callerOf: (token) => callerOf(store.apiTokens, token, now()),
    tokenEnd: (token, waiting) => tokenEnd({ store, clock }, token, waiting),
    workspaceOf: (id) => workspaceOf(store, id),
    hosts,
    log,
    signal,
  });
  registry.mount(app);
  return {
    app,
    async start(apiPort) {
      port = apiPort;
      collecting.start();
      await region.start();
      if (signal.aborted) return;
      reconciler.start();
      autoscaler.start();
      sampler.start();
      urlKeeper.start();
      certificates?.start();
      dnsWatch.start();
      registry.watcher.start();
      collector.start();
    },
    drain: () => draining.abort(),
    async stop() {
      draining.abort();
      usage.stop();
      const parts = [registry.watcher, collector, reconciler, autoscaler, sampler, urlKeeper, dnsWatch];
      await Promise.all([...parts.map((part) => part.stop()), certificates?.stop()]);
      await collecting.stop();
      await logs.close();
      await region.stop();
      held.dispose();
    },
  };
}

/** Looks after certificates of a public authority, where one was named. */
async function certificatesOf(
  { options, clock, log, chance, version }: AssembleWanted,
  store: Store,
  region: Region,
): Promise<AcmeKeeper | undefined> {
  const { acmeDirectory: directory, acmeContact: contact, acmeRoots, stateDir, domain } = options;
  if (directory === undefined) return undefined;
  // Most regions have no use for it, and it is half of the program.
  const { makeAcmeKeeper } = await import('./acme/parts.ts');
  const roots = acmeRoots === undefined ? undefined : await readFile(acmeRoots, 'utf8');
  return makeAcmeKeeper({
    acme: { directory, contact, roots },
    stateDir,
    userAgent: `patr-control-plane/${version}`,
    wanted: () =>
      certificatesWanted({
        urls: store.managedUrls.all(),
        domains: store.domains.all(),
        deployments: region.edge()?.routedDeployments() ?? [],
        domain,
      }),
    edge: () => region.edge(),
    clock,
    log,
    chance,
  });
}

/** Managed URLs whose host's certificate is kept under the holder. */
function urlsUnder(store: Store, holder: string) {
  return store.managedUrls.all().filter(({ subDomain, domainId }) => {
    const domain = store.domains.find(domainId);
    return domain !== undefined && holderOfHost(hostOf(subDomain, domain.name)) === holder;
  });
}

async function stateOf({ options, clock, ids, log }: AssembleWanted): Promise<Store> {
  const token = await tokenFromFile(options.tokenFile, ids);
  const store = openStore({
    stateDir: options.stateDir,
    regionName: options.name,
    now: () => clock.now(),
    ids,
    onListenerError: (error) => log.error('A listener failed', { error: describeError(error) }),
  });
  admitToken(store, token, clock.now());
  return store;
}

/** What deployments printed; nothing of those that were deleted, whenever that was. */
async function logsOf({ options, clock, ids, log }: AssembleWanted, store: Store): Promise<LogStore> {
  const folder = join(options.stateDir, 'logs');
  const logs = new LogStore({ folder, rules: logRules(options.logMegabytes), clock, log, ids });
  const forget = (id: string): Promise<void> =>
    logs
      .forget(id)
      .catch((error: unknown) =>
        log.warn('Output of a deleted deployment is left', { id, error: describeError(error) }),
      );
  store.onChange((change) => {
    if (change.kind === 'deleted') void forget(change.deploymentId);
  });
  for (const id of await logs.deploymentIds()) if (store.deployments.wasDeleted(id)) await forget(id);
  return logs;
}

function openMetrics({ options, log }: AssembleWanted): MetricsFile {
  return MetricsFile.open(join(options.stateDir, 'metrics.db'), (error) =>
    log.warn('The metrics that were kept cannot be read; they begin anew', { error: describeError(error) }),
  );
}

/** What is stored sealed, all of it sealed by the newest key. */
async function vaultsOf({ options, clock, log }: AssembleWanted, store: Store): Promise<Vaults> {
  const vaults = await openVaults(options.stateDir, store, () => clock.now());
  const { secrets, registries } = vaults.sealAnew();
  if (secrets.unreadable > 0)
    log.warn('Secrets cannot be opened; they need their values anew', { secrets: secrets.unreadable });
  if (registries.unreadable > 0)
    log.warn('Passwords of registries cannot be opened; they have to be given anew', {
      registries: registries.unreadable,
    });
  return vaults;
}

function pathOf(store: Store, repositoryId: string): string | undefined {
  const repository = store.repositories.find(repositoryId);
  return repository === undefined ? undefined : repositoryPath(repository);
}

function tellOfRegion(store: Store, feed: ChangeFeed): void {
  for (const { id } of store.identity.regions()) feed.publish({ kind: 'region', id });
}
