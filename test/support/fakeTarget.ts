import type { Api } from '../../src/client/client.ts';
import type { Target } from '../../src/deploy/target.ts';
import {
  BuildFailure,
  EngineError,
  type BuildWanted,
  type Engine,
  type EngineErrorKind,
} from '../../src/docker/engine.ts';
import { problem } from '../../src/protocol/problems.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import type { ReleaseInfo } from '../../src/protocol/shapes/release.ts';
import { aDeployment, machineTypeId, regionId, workspaceId } from './fakePatrState.ts';
import { digestOf } from './fakeRegistry.ts';

export function aRelease(number: number, changes: Partial<ReleaseInfo> = {}): ReleaseInfo {
  return {
    id: String(number).padStart(32, '0'),
    number,
    digest: digestOf(number),
    imageTag: 'latest',
    cause: 'push',
    state: 'live',
    created: 1,
    ...changes,
  };
}

type Calls = { -readonly [K in Exclude<keyof Api, 'pages' | 'followChanges'>]?: unknown };

/** A workspace in memory with an engine that builds and pushes nothing; what is called is noted. */
export class FakeTarget {
  readonly called: string[] = [];
  readonly repositories = new Map<string, string>();
  readonly deployments = new Map<string, DeploymentInfo>();
  readonly releases = new Map<string, ReleaseInfo[]>();
  readonly volumes = new Map<string, string>();
  capabilities = new Set(['releases']);
  /** Called at each call of an endpoint or of the engine; what it throws is what the call throws. */
  before: (what: string) => void = () => undefined;
  /** What comes of a new deployment or a push, in the region. */
  rollOut: (id: string, digest: string) => void = (id, digest) => this.release(id, { digest });
  /** What the next pushes end with: a digest, or the kind of an engine's error. The last one goes on. */
  pushes: string[] = [digestOf(1)];
  buildFails = false;
  #pushed = '';

  readonly target: Target = {
    api: this.#api(),
    backend: {
      product: 'Test',
      version: '1.0.0',
      registry: { host: '127.0.0.1:5000', username: 'patr', fetch, userAgent: 'test' },
      generation: 'own',
      offers: (capability) => this.capabilities.has(capability),
      answers: () => true,
    },
    workspaceId,
    token: 'patrv1.secret.id',
  };

  readonly engine = {
    build: (_context: unknown, wanted: BuildWanted) => this.#build(wanted),
    push: (reference: string) => this.#push(reference),
  } as unknown as Engine;

  /** Adds a release to a deployment, newest first. */
  release(id: string, changes: Partial<ReleaseInfo> = {}): void {
    const all = this.releases.get(id) ?? [];
    this.releases.set(id, [aRelease((all[0]?.number ?? 0) + 1, changes), ...all]);
  }

  /** A deployment with a repository of its name. */
  add(name: string, changes: Partial<DeploymentInfo> = {}): string {
    const id = (this.deployments.size + 0xd0).toString(16).padStart(32, '0');
    const repositoryId = this.#repository(name);
    this.deployments.set(id, { ...aDeployment({ id, name }), ...changes, repositoryId } as DeploymentInfo);
    return id;
  }

  #repository(name: string): string {
    const id = (this.repositories.size + 0xa0).toString(16).padStart(32, '0');
    this.repositories.set(id, name);
    return id;
  }

  #call<A, R>(what: string, work: (given: A) => R): (given: A) => Promise<R> {
    return async (given) => {
      this.called.push(what);
      this.before(what);
      return work(given);
    };
  }

  #find(id: string): DeploymentInfo {
    const found = this.deployments.get(id);
    if (found === undefined) throw problem('resourceDoesNotExist');
    return found;
  }

  #api(): Api {
    interface Given {
      readonly params: {
        readonly deploymentId: string;
        readonly repositoryId: string;
        readonly volumeId: string;
      };
      readonly body: { readonly name: string; readonly repositoryId: string };
    }
    const calls: Calls = {
      getRunner: this.#call('getRunner', () => ({
        runner: { id: regionId, name: 'local', connected: true, lastSeen: 1 },
      })),
      listMachineTypes: this.#call('listMachineTypes', () => ({
        machineTypes: [{ id: machineTypeId, cpu_count: 1, memory_count: 2 }],
      })),
      listRepositories: this.#call('listRepositories', () => ({
        repositories: Array.from(this.repositories, ([id, name]) => ({ id, name })),
      })),
      getRepository: this.#call('getRepository', ({ params }: Given) => ({
        repository: { name: this.repositories.get(params.repositoryId) },
      })),
      createRepository: this.#call('createRepository', ({ body }: Given) => ({
        id: this.#repository(body.name),
      })),
      deleteRepository: this.#call('deleteRepository', ({ params }: Given) => {
        this.repositories.delete(params.repositoryId);
      }),
      listDeployments: this.#call('listDeployments', () => ({ deployments: [...this.deployments.values()] })),
      createDeployment: this.#call('createDeployment', ({ body }: Given) => ({ id: this.#create(body) })),
      createVolume: this.#call('createVolume', ({ body }: Given) => ({ id: this.#volume(body.name) })),
      deleteVolume: this.#call('deleteVolume', ({ params }: Given) => {
        const mounted = Array.from(this.deployments.values(), ({ volumes }) => Object.keys(volumes)).flat();
        if (mounted.includes(params.volumeId)) throw problem('resourceInUse');
        this.volumes.delete(params.volumeId);
      }),
      getDeployment: this.#call('getDeployment', ({ params }: Given) => this.#find(params.deploymentId)),
      updateDeployment: this.#call('updateDeployment', ({ params, body }: Given) => {
        const changed = { ...this.#find(params.deploymentId), ...body } as DeploymentInfo;
        this.deployments.set(params.deploymentId, changed);
      }),
      listReleases: this.#call('listReleases', ({ params }: Given) => {
        this.#find(params.deploymentId);
        return { releases: this.releases.get(params.deploymentId) ?? [] };
      }),
    };
    const pages = async function* (name: keyof Calls, given: unknown, rows: (answer: unknown) => unknown[]) {
      yield* rows(await (calls[name] as (asked: unknown) => Promise<unknown>)(given));
    };
    return { ...calls, pages } as unknown as Api;
  }

  #volume(name: string): string {
    if (Array.from(this.volumes.values()).includes(name)) throw problem('resourceAlreadyExists');
    const id = (this.volumes.size + 0xc0).toString(16).padStart(32, '0');
    this.volumes.set(id, name);
    return id;
  }

  #create(body: { readonly name: string; readonly repositoryId: string }): string {
    if (Array.from(this.deployments.values()).some(({ name }) => name === body.name)) {
      throw problem('resourceAlreadyExists');
    }
    const id = (this.deployments.size + 0xd0).toString(16).padStart(32, '0');
    // Where its image comes from is the body's alone.
    const { repositoryId: _, ...usual } = aDeployment({ id }) as DeploymentInfo & { repositoryId: string };
    this.deployments.set(id, { ...usual, ...body } as DeploymentInfo);
    this.rollOut(id, this.#pushed);
    this.before('created');
    return id;
  }

  async *#build({ tags }: BuildWanted) {
    this.called.push(`build ${tags.join()}`);
    this.before('build');
    yield { kind: 'step', id: '1', name: 'RUN make', state: 'started', number: 1, of: 2 } as const;
    if (this.buildFails) throw new BuildFailure('make failed', { step: 'RUN make', output: ['no rule'] });
    yield { kind: 'built', imageId: 'sha256:1' } as const;
  }

  async *#push(reference: string) {
    this.called.push('push');
    this.before('push');
    const outcome = (this.pushes.length > 1 ? this.pushes.shift() : this.pushes[0]) as string;
    yield { kind: 'layer', layer: 'a', done: 5, total: 10, state: 'moving' } as const;
    if (!outcome.startsWith('sha256:'))
      throw new EngineError(outcome as EngineErrorKind, 'the engine says no');
    this.#pushed = outcome;
    for (const { id, repositoryId } of this.deployments.values() as Iterable<
      DeploymentInfo & { readonly repositoryId: string }
    >) {
      const [newest] = this.releases.get(id) ?? [];
      const own = reference.includes(`/${this.repositories.get(repositoryId)}:`);
      if (own && newest?.digest !== outcome) this.rollOut(id, outcome);
    }
    yield { kind: 'pushed', tag: 'latest', digest: outcome, size: 1 } as const;
  }
}
