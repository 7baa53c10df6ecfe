import { Emitter } from '../../base/emitter.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { systemClock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import { followForEver, type ChangeNews } from '../../client/changes.ts';
import { Pace, pollForEver, tickMs, type Looked, type Polled } from '../../client/poll.ts';
import { readPastImages, type PastImage } from '../../deploy/imageHistory.ts';
import type { Target } from '../../deploy/target.ts';
import type { EndpointName } from '../../protocol/endpoints.ts';
import { isProblem } from '../../protocol/problems.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { InstanceInfo, ReleaseInfo } from '../../protocol/shapes/release.ts';
import type { Connection } from '../connections/connection.ts';
import { inList, readDetails, type DeploymentDetails } from './details.ts';
import { Kept } from './kept.ts';
import { Resources, type ResourceKind } from './resources.ts';

/** What changed: one deployment, or the list of them (which are there, their order, or that it could be read). */
export type ModelChange = { readonly kind: 'all' } | { readonly kind: 'one'; readonly id: string };

/** Several changes of one deployment in a row are read once, after this many milliseconds. */
const gatherMs = 100;
/** When more than these changed at once, the list is read instead of each of them. */
const mostSingly = 20;
/** Without a stream of changes this many that are being deployed are looked at singly, for this long. */
const mostMoving = 10;
const moveForMs = 600_000;
/** How many of a deployment's releases, or of the images that it has run, are read, newest first. */
export const mostReleases = 100;

/** Numbers in names are counted: `app 2` comes before `app 10`. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * The deployments of a connection, kept fresh by its stream of changes while somebody looks, and not at all
 * otherwise. Only what differs is told.
 */
export class DeploymentsModel implements Disposable {
  readonly connection: Connection;
  readonly #log: Log;
  readonly #changed: Emitter<ModelChange>;
  readonly #held = new DisposableStore();
  readonly #deployments = new Map<string, Deployment>();
  readonly #instances = new Kept((id) => this.#readInstances(id));
  readonly #details = new Kept((id) => this.#readDetails(id));
  readonly #releases = new Kept((id) => this.#readReleases(id));
  readonly #pastImages = new Kept((id) => this.#readPastImages(id));
  /** What is read of a deployment when somebody unfolds it. */
  readonly #kept = [this.#instances, this.#details, this.#releases, this.#pastImages] as const;
  /** Secrets, domains and managed URLs of the workspace. */
  readonly resources: Resources;
  readonly #due = new Set<string>();
  /** Ids of what was listed and is not any more, because it is gone or the server is away. */
  readonly #former = new Set<string>();
  /** Ids of what the server says it has deleted: an answer that was on its way by then does not bring it back. */
  readonly #deleted = new Set<string>();
  #following: { readonly target: Target; readonly life: DisposableStore } | undefined;
  /** How often that target is asked. */
  #pace: { readonly target: Target; readonly pace: Pace } | undefined;
  /** Deployments that are deploying, and since when that is known. */
  #movingSince: ReadonlyMap<string, number> = new Map();
  /** Its stream of changes is open. */
  #told = false;
  #watched = false;
  #loaded = false;
  #failure: string | undefined;
  /** Until something changes, so that whoever looks does not sort anew. */
  #sorted: readonly Deployment[] | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(connection: Connection, log: Log) {
    this.connection = connection;
    this.#log = log;
    this.#changed = new Emitter((error) => log.error('A listener failed', { error: describeError(error) }));
    this.resources = this.#held.add(
      new Resources(
        () => this.target(),
        (error) => log.error('A listener failed', { error: describeError(error) }),
      ),
    );
    this.#held.add(connection.onChange(() => this.#followIfNeeded()));
  }

  get onChange() {
    return this.#changed.event;
  }

  /** Whether the list has been read since the connection was made. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Whether the list is kept fresh; otherwise it is as it was when somebody looked the last time. */
  get followed(): boolean {
    return this.#following !== undefined;
  }

  /** Why the list could not be read the last time, in words. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Sorted by name. */
  all(): readonly Deployment[] {
    this.#sorted ??= Array.from(this.#deployments.values()).toSorted((a, b) =>
      byName.compare(a.name, b.name),
    );
    return this.#sorted;
  }

  get(id: string): Deployment | undefined {
    return this.#deployments.get(id);
  }

  /** Whether the deployment is listed, or was since the window was opened. */
  knew(id: string): boolean {
    return this.#deployments.has(id) || this.#former.has(id);
  }

  target(): Target | undefined {
    const state = this.connection.state();
    return state.kind === 'connected' ? state.target : undefined;
  }

  /** Somebody looks, or nobody does any more. */
  watch(watched: boolean): void {
    this.#watched = watched;
    this.#followIfNeeded();
  }

  /** Instances of a deployment, read when they are first asked for and kept fresh from then on. */
  instances(id: string): Promise<readonly InstanceInfo[]> {
    return this.#instances.get(id);
  }

  /** Configuration and volumes of a deployment; read and kept as its instances are. */
  details(id: string): Promise<DeploymentDetails> {
    return this.#details.get(id);
  }

  /** Whether the server, while it is connected, does what an endpoint stands for. */
  answers(name: EndpointName): boolean {
    return this.target()?.backend.answers(name) ?? false;
  }

  /** The newest releases of a deployment, newest first; read and kept as its instances are. */
  releases(id: string): Promise<readonly ReleaseInfo[]> {
    return this.#releases.get(id);
  }

  /** The images that a deployment has run, newest first, of a server that keeps no releases; read and kept in the same way. */
  pastImages(id: string): Promise<readonly PastImage[]> {
    return this.#pastImages.get(id);
  }

  /** Reads everything again. */
  async refresh(): Promise<void> {
    await this.connection.look();
    const target = this.target();
    if (target !== undefined) await this.#readAll(target);
  }

  /** Reads one deployment again, now. */
  async reload(id: string): Promise<void> {
    const target = this.target();
    if (target !== undefined) await this.#readOne(target, id);
  }

  dispose(): void {
    this.#held.dispose();
    this.#following?.life.dispose();
    clearTimeout(this.#gathering);
    this.#changed.dispose();
  }

  #followIfNeeded(): void {
    // What is known of a server that is gone is of no use, whether somebody looks or not.
    if (this.target() === undefined) this.#clear();
    const target = this.#watched ? this.target() : undefined;
    if (this.#following?.target === target) return;
    this.#following?.life.dispose();
    this.#following = undefined;
    if (target === undefined) return;
    const life = new DisposableStore();
    this.#following = { target, life };
    const signal = life.signal();
    void this.#follow(target, signal);
  }

  /** A server that cannot be heard is asked: some proxies let no stream through. */
  async #follow(target: Target, signal: AbortSignal): Promise<void> {
    const { api, backend, workspaceId } = target;
    const options = { clock: systemClock, chance: Math.random, signal };
    this.#told = false;
    const asked = pollForEver(this.#polled(target), this.#paceOf(target), options);
    if (backend.offers('changes'))
      await followForEver(api, workspaceId, (news) => this.#hear(target, news), options);
    await asked;
  }

  #paceOf(target: Target): Pace {
    if (this.#pace?.target !== target) {
      this.#pace = { target, pace: new Pace() };
      // A stream that opens has everything read at once.
      if (target.backend.offers('changes')) this.#pace.pace.putOff(systemClock.now(), tickMs);
    }
    return this.#pace.pace;
  }

  #polled(target: Target): Polled {
    return {
      all: (signal) => this.#readAll(target, signal),
      isTold: () => this.#told,
      moving: async () => {
        const moving = this.#moving(systemClock.now());
        await Promise.all(moving.map((id) => this.#readOne(target, id)));
      },
    };
  }

  /** The deployments that are about to change. On some servers one is deploying for ever. */
  #moving(now: number): readonly string[] {
    const deploying = this.all().filter(({ status }) => status === 'deploying');
    this.#movingSince = new Map(deploying.map(({ id }) => [id, this.#movingSince.get(id) ?? now]));
    return Array.from(this.#movingSince)
      .filter(([, since]) => now - since < moveForMs)
      .map(([id]) => id)
      .slice(0, mostMoving);
  }

  #hear(target: Target, news: ChangeNews): void {
    if (this.#following?.target !== target) return;
    if (news.kind === 'connected') {
      this.#told = true;
      void this.#readAll(target);
    } else if (news.kind === 'lost') {
      this.#told = false;
      this.#log.debug('The stream of changes was lost', { error: describeError(news.error) });
      void this.connection.look();
    } else if (news.change.kind === 'deployment') {
      this.#gather(target, news.change.id);
    } else if (news.change.kind === 'deploymentDeleted') {
      this.#deleted.add(news.change.id);
      this.#drop(news.change.id);
    } else if (news.change.kind === 'region') {
      void this.connection.look();
    } else {
      const kind = resourceOf[news.change.kind];
      if (kind !== undefined) void this.resources.renew(kind);
    }
  }

  #gather(target: Target, id: string): void {
    this.#due.add(id);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const due = Array.from(this.#due);
      this.#due.clear();
      if (due.length > mostSingly) void this.#readAll(target);
      else for (const one of due) void this.#readOne(target, one);
    }, gatherMs);
  }

  async #readAll(target: Target, signal?: AbortSignal): Promise<Looked> {
    try {
      const params = { workspaceId: target.workspaceId };
      const found = new Map<string, Deployment>();
      const waiting = signal === undefined ? {} : { signal };
      const rows = target.api.pages('listDeployments', { params }, ({ deployments }) => deployments, waiting);
      for await (const deployment of rows) found.set(deployment.id, deployment);
      if (this.#isPast(target)) return 'same';
      for (const id of this.#deleted) found.delete(id);
      const ids = new Set([...this.#deployments.keys(), ...found.keys()]);
      const same = ids.size === found.size && this.#deployments.size === found.size;
      const changed = Array.from(found.values()).filter((one) => !alike(one, this.#deployments.get(one.id)));
      const told = new Set(changed.map(({ id }) => id));
      const first = !this.#loaded;
      this.#replace(found);
      this.#loaded = true;
      this.#failure = undefined;
      await this.resources.renew();
      for (const id of this.#unfolded()) if (await this.#renew(id)) told.add(id);
      if (first || !same) this.#changed.fire({ kind: 'all' });
      else for (const id of told) this.#changed.fire({ kind: 'one', id });
      return first || !same || told.size > 0 ? 'changed' : 'same';
    } catch (error) {
      if (signal?.aborted === true || this.#isPast(target)) return 'same';
      this.#failure = describeError(error);
      if (!this.#loaded) this.#changed.fire({ kind: 'all' });
      this.#log.warn('The deployments could not be read', { error: describeError(error) });
      await this.connection.look();
      return { failed: error };
    }
  }

  async #readOne(target: Target, id: string): Promise<void> {
    try {
      const info = await target.api.getDeployment({
        params: { workspaceId: target.workspaceId, deploymentId: id },
      });
      if (this.#isPast(target) || this.#deleted.has(id)) return;
      const deployment = inList(info);
      const before = this.#deployments.get(id);
      this.#deployments.set(id, deployment);
      this.#sorted = undefined;
      if (before?.name !== deployment.name) this.#changed.fire({ kind: 'all' });
      await this.#tellOne(id);
    } catch (error) {
      if (this.#isPast(target)) return;
      if (isProblem(error, 'resourceDoesNotExist')) this.#drop(id);
      else this.#log.debug('A deployment could not be read', { id, error: describeError(error) });
    }
  }

  /** Whether the server was lost, or signed out of, since it was asked: what it answers is of no use any more. */
  #isPast(target: Target): boolean {
    return this.target() !== target;
  }

  async #tellOne(id: string): Promise<void> {
    await this.#renew(id);
    // Who uses a secret follows from the deployments.
    await this.resources.renew('secrets');
    this.#changed.fire({ kind: 'one', id });
  }

  #unfolded(): ReadonlySet<string> {
    return new Set(this.#kept.flatMap((kept) => kept.ids()));
  }

  /** Whether any of what is unfolded differs from what it was. */
  async #renew(id: string): Promise<boolean> {
    const differs = await Promise.all(this.#kept.map((kept) => kept.renew(id)));
    return differs.includes(true);
  }

  async #readInstances(id: string): Promise<readonly InstanceInfo[]> {
    const target = this.target();
    if (target === undefined || !target.backend.offers('instances')) return [];
    const params = { workspaceId: target.workspaceId, deploymentId: id };
    const { instances } = await target.api.listInstances({ params });
    return instances;
  }

  async #readReleases(id: string): Promise<readonly ReleaseInfo[]> {
    const target = this.target();
    if (target === undefined || !this.answers('listReleases')) return [];
    const params = { workspaceId: target.workspaceId, deploymentId: id };
    const { releases } = await target.api.listReleases({ params, query: { count: mostReleases } });
    return releases;
  }

  async #readPastImages(id: string): Promise<readonly PastImage[]> {
    const [target, deployment] = [this.target(), this.get(id)];
    if (target === undefined || deployment === undefined) return [];
    return readPastImages(target, deployment, mostReleases);
  }

  async #readDetails(id: string): Promise<DeploymentDetails> {
    const target = this.target();
    if (target === undefined) throw new Error('The server is not connected.');
    return readDetails(target, id);
  }

  #replace(found: ReadonlyMap<string, Deployment>): void {
    for (const id of this.#deployments.keys()) if (!found.has(id)) this.#former.add(id);
    this.#deployments.clear();
    for (const [id, deployment] of found) this.#deployments.set(id, deployment);
    this.#sorted = undefined;
    for (const kept of this.#kept) kept.keepOnly(found);
  }

  #drop(id: string): void {
    for (const kept of this.#kept) kept.forget(id);
    this.#sorted = undefined;
    this.#former.add(id);
    if (this.#deployments.delete(id)) this.#changed.fire({ kind: 'all' });
  }

  #clear(): void {
    this.#loaded = false;
    this.#failure = undefined;
    this.#sorted = undefined;
    for (const kept of this.#kept) kept.clear();
    this.resources.clear();
    this.#deleted.clear();
    if (this.#deployments.size === 0) return;
    for (const id of this.#deployments.keys()) this.#former.add(id);
    this.#deployments.clear();
    this.#changed.fire({ kind: 'all' });
  }
}

/** Which list a change is about. */
const resourceOf: Readonly<Record<string, ResourceKind | undefined>> = {
  secret: 'secrets',
  domain: 'domains',
  managedUrl: 'urls',
};

function alike(a: Deployment, b: Deployment | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
