import { describeError, type Log } from '../../base/log.ts';
import { patrRegistry, type ImageSource } from '../../protocol/shapes/deployment.ts';
import type { Deployment } from '../domain.ts';
import type { Executor, Waiting } from '../executors/executor.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Publish, Store } from '../state/store.ts';
import type { Notary } from '../state/wishes.ts';
import {
  decideAdoption,
  type Adopted,
  type FoundRepository,
  type FoundSecret,
  type Ground,
} from './decide.ts';
import { freeName } from './freeName.ts';

export interface AdoptionParts {
  readonly notary: Notary;
  readonly vault: Vault;
  readonly executor: Pick<Executor, 'remains' | 'identities'>;
  readonly log: Log;
}

/**
 * Takes over what runs of deployments that the state does not know, because it was lost. What a person has in the
 * state is never changed by it, and what does not say enough is left as it is.
 */
export class Adoption {
  readonly #parts: AdoptionParts;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
  }

  /**
   * Gives a state that has nothing in it yet the ids of the workspace and the region that the instances belong to,
   * when that is exactly one workspace, and the repositories of their images: before the registry's catalogue is read,
   * which knows names alone. @throws when the engine cannot be looked at.
   */
  async takeOverIdentity(options: Waiting = {}): Promise<void> {
    const { notary, executor, log } = this.#parts;
    const { store } = notary;
    if (!isEmpty(store)) return;
    const found = await executor.identities(options);
    const [workspace, ...otherWorkspaces] = new Set(found.map(({ workspaceId }) => workspaceId));
    if (workspace === undefined || otherWorkspaces.length > 0) return;
    const [region, ...otherRegions] = new Set(found.map(({ regionId }) => regionId));
    const ids = { workspaceId: workspace, regionId: otherRegions.length > 0 ? undefined : region };
    store.change((publish) => {
      if (!isEmpty(store) || !store.identity.takeOver(ids)) return;
      for (const { repository } of found) {
        if (repository !== undefined) this.#repository(publish, { ...repository, workspaceId: workspace });
      }
      log.info('The ids of workspace and region are taken over from what runs', ids);
    });
  }

  /** Takes a deployment over, wholly or not at all. Returns whether it did. @throws when the engine cannot be looked at. */
  async adopt(deploymentId: string, options: Waiting = {}): Promise<boolean> {
    const { executor } = this.#parts;
    const remains = await executor.remains(deploymentId, options);
    if (remains.instances.length === 0) return false;
    await this.takeOverIdentity(options);
    const ground = this.#ground();
    const instances = remains.instances.filter(({ workspaceId }) => workspaceId === ground.workspaceId);
    const decided = decideAdoption({ ...remains, instances }, ground);
    if (decided === undefined) return false;
    return this.#tryWrite(decided);
  }

  /** One that cannot be written, such as one whose labels contradict each other, must not stand in the way of others. */
  #tryWrite(decided: Adopted): boolean {
    const { notary, log } = this.#parts;
    const { id: deployment } = decided.deployment;
    try {
      const done = notary.store.change((publish) => this.#write(publish, decided));
      if (done) log.info('A deployment is taken over from what runs', { deployment });
      return done;
    } catch (error) {
      log.warn('A deployment cannot be taken over', { deployment, error: describeError(error) });
      return false;
    }
  }

  #ground(): Ground {
    const { store, now } = this.#parts.notary;
    const [region] = store.identity.regions();
    if (region === undefined) throw new Error('The state has no region.');
    return { workspaceId: region.workspaceId, regionId: region.id, now: now() };
  }

  #write(publish: Publish, adopted: Adopted): boolean {
    const { store } = this.#parts.notary;
    const { id } = adopted.deployment;
    if (store.deployments.find(id) !== undefined || store.deployments.wasDeleted(id)) return false;
    const types = store.identity.machineTypes();
    const known = adopted.releases.every(({ config }) =>
      types.some((type) => type.id === config.machineTypeId),
    );
    const source = known ? this.#source(publish, adopted) : undefined;
    if (source === undefined) return false;
    this.#putVolumes(adopted);
    for (const secret of adopted.secrets) this.#putSecret(publish, adopted.deployment, secret);
    const deployment = { ...adopted.deployment, name: this.#name(adopted.deployment), source };
    // A name that led to another deployment goes on leading there.
    store.deployments.insert(deployment, adopted.hasHostLabel ? deployment.createdAt : deployment.updatedAt);
    for (const release of adopted.releases) store.releases.insert({ ...release, source });
    for (const { publicPort, ...slot } of adopted.publicPorts) store.publicPorts.put(slot, publicPort);
    this.#putConfig(adopted);
    this.#tell(publish, adopted, deployment);
    return true;
  }

  /** Where the image comes from, with its repository in the state; undefined when that cannot be told. */
  #source(publish: Publish, { deployment, repository }: Adopted): ImageSource | undefined {
    const { source } = deployment;
    if (!('repositoryId' in source)) return source;
    if (repository === undefined) return undefined;
    return { registry: patrRegistry, repositoryId: this.#repository(publish, repository) };
  }

  /** Id of the repository of this id, or else of this name; it is taken over where there is none. */
  #repository(publish: Publish, { id, workspaceId, name }: FoundRepository): string {
    const { store, now } = this.#parts.notary;
    const { repositories } = store;
    const there = repositories.find(id) ?? repositories.byName(workspaceId, name);
    if (there !== undefined) return there.id;
    const at = now();
    repositories.insert({ id, workspaceId, name, createdAt: at, updatedAt: at });
    repositories.markAdopted(id);
    publish({ kind: 'repository', repositoryId: id });
    return id;
  }

  #name({ name, workspaceId }: Deployment): string {
    const { deployments } = this.#parts.notary.store;
    return freeName(name, (one) => deployments.nameTaken(workspaceId, one));
  }

  #putVolumes({ volumes }: Adopted): void {
    const rows = this.#parts.notary.store.volumes;
    for (const volume of volumes) {
      if (rows.find(volume.id) !== undefined) continue;
      rows.put({ ...volume, name: freeName(volume.name, (one) => rows.nameTaken(volume.workspaceId, one)) });
    }
  }

  /** Generations are counted on from what the folder shows, so that what is written next is newer. */
  #putConfig({ deployment: { id, updatedAt }, config }: Adopted): void {
    if (config === undefined || config.files.size === 0) return;
    const { configMounts } = this.#parts.notary.store;
    const writes = Array.from(config.files, ([name, content]) => ({ name, content }));
    const by = { at: updatedAt, who: undefined, atLeast: config.generation };
    configMounts.announce(id, configMounts.write(id, writes, by));
  }

  /** Several deployments may show one secret: the value that was given to an instance last is the newest. */
  #putSecret(publish: Publish, { workspaceId }: Deployment, { id, name, value, givenAt }: FoundSecret): void {
    const { notary, vault } = this.#parts;
    const rows = notary.store.secrets;
    const there = rows.find(id);
    if (there !== undefined && (there.workspaceId !== workspaceId || there.updatedAt >= givenAt)) return;
    const created = { id, workspaceId, version: 0, createdAt: givenAt };
    const before = there ?? { ...created, name: freeName(name, (one) => rows.nameTaken(workspaceId, one)) };
    vault.put({ ...before, version: before.version + 1, updatedAt: givenAt }, value);
    publish({ kind: 'secret', secretId: id });
  }

  #tell(publish: Publish, adopted: Adopted, { id, updatedAt }: Deployment): void {
    const number = adopted.releases.at(-1)?.number;
    const message = inWords(adopted, number);
    const { events } = this.#parts.notary.store;
    events.append({ deploymentId: id, at: updatedAt, kind: 'adopt', message, releaseNumber: number });
    publish({ kind: 'wish', deploymentId: id });
  }
}

function inWords({ secrets, configLost }: Adopted, number: number | undefined): string {
  const sentences = [
    `The deployment was taken over from what runs, because the state of the control plane was lost. It is configured as release ${number} is.`,
  ];
  if (secrets.length > 0) {
    const names = secrets.map(({ name }) => name).join(', ');
    sentences.push(
      `The values of its secrets (${names}) were taken from its instances; give a secret its value anew if it was changed since they were started.`,
    );
  }
  if (configLost) {
    sentences.push('Its config mounts could not be read; add them again before the next release.');
  }
  return sentences.join(' ');
}

/** Nothing in it belongs to its workspace: sealed values among it could not be opened under another id. */
function isEmpty({ deployments, repositories, registries, secrets, volumes }: Store): boolean {
  const lists = [deployments.ids(), repositories.all(), registries.all(), secrets.all(), volumes.all()];
  return lists.every(({ length }) => length === 0);
}
