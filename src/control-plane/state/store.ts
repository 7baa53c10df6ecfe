import type { DatabaseSync } from 'node:sqlite';
import { Emitter, type Event } from '../../base/emitter.ts';
import { inTransaction } from './database.ts';
import { ApiTokens } from './apiTokens.ts';
import { ConfigMounts } from './configMounts.ts';
import { Contents } from './contents.ts';
import { Deployments } from './deployments.ts';
import { Domains } from './domains.ts';
import { Events } from './events.ts';
import { Identity } from './identity.ts';
import { ManagedUrls } from './managedUrls.ts';
import { PublicPorts } from './publicPorts.ts';
import { Registries } from './registries.ts';
import { Releases } from './releases.ts';
import { Repositories } from './repositories.ts';
import { Secrets } from './secrets.ts';
import { Volumes } from './volumes.ts';

/**
 * What changed, told after the commit.
 * - `wish`: what a person or a push wants of a deployment: the loop has work.
 * - `outcome`: what the loop found or did: only those who look on want to know.
 * - `deleted`: a deployment is gone: the loop removes what runs of it.
 * - `apiToken`: what was good until now may not be any more.
 */
export type StateChange =
  | { readonly kind: 'wish'; readonly deploymentId: string }
  | { readonly kind: 'outcome'; readonly deploymentId: string }
  | { readonly kind: 'deleted'; readonly deploymentId: string }
  | { readonly kind: 'repository'; readonly repositoryId: string }
  | { readonly kind: 'secret'; readonly secretId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'managedUrl'; readonly managedUrlId: string }
  | { readonly kind: 'apiToken'; readonly loginId: string };

/** Says what changed; it is heard after the commit, and not at all when the transaction fails. */
export type Publish = (change: StateChange) => void;

/**
 * The whole state. Reading is plain calls on the parts; every change goes through `change`, which is one
 * transaction. SQLite is synchronous here, so nothing else can happen in the middle of either.
 */
export class Store {
  readonly deployments: Deployments;
  readonly releases: Releases;
  readonly events: Events;
  readonly repositories: Repositories;
  readonly volumes: Volumes;
  readonly registries: Registries;
  readonly secrets: Secrets;
  readonly domains: Domains;
  readonly managedUrls: ManagedUrls;
  readonly publicPorts: PublicPorts;
  readonly identity: Identity;
  readonly apiTokens: ApiTokens;
  readonly contents: Contents;
  readonly configMounts: ConfigMounts;
  readonly #database: DatabaseSync;
  readonly #changes: Emitter<StateChange>;

  /** The store owns the database from here on. */
  constructor(database: DatabaseSync, onListenerError: (error: unknown) => void) {
    this.#database = database;
    this.#changes = new Emitter(onListenerError);
    this.deployments = new Deployments(database);
    this.releases = new Releases(database);
    this.events = new Events(database);
    this.repositories = new Repositories(database);
    this.volumes = new Volumes(database);
    this.registries = new Registries(database);
    this.secrets = new Secrets(database);
    this.domains = new Domains(database);
    this.managedUrls = new ManagedUrls(database);
    this.publicPorts = new PublicPorts(database);
    this.identity = new Identity(database);
    this.apiTokens = new ApiTokens(database);
    this.contents = new Contents(database);
    this.configMounts = new ConfigMounts(database);
  }

  get onChange(): Event<StateChange> {
    return this.#changes.event;
  }

  /** Runs the work in one transaction, then tells what it published. @throws what the work throws, undone. */
  change<T>(work: (publish: Publish) => T): T {
    const published: StateChange[] = [];
    const result = inTransaction(this.#database, () => work((change) => published.push(change)));
    for (const change of published) this.#changes.fire(change);
    return result;
  }

  dispose(): void {
    this.#changes.dispose();
    this.#database.close();
  }
}
