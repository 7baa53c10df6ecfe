import { Emitter } from '../../base/emitter.ts';
import type { Disposable } from '../../base/disposable.ts';
import { NotOffered } from '../../client/errors.ts';
import type { Target } from '../../deploy/target.ts';
import type { WorkspaceDomain } from '../../protocol/shapes/domain.ts';
import type { ManagedUrl } from '../../protocol/shapes/managedUrl.ts';
import type { Secret } from '../../protocol/shapes/secret.ts';
import { Kept } from './kept.ts';

/** What belongs to a workspace as a whole, beside its deployments. */
export interface ResourceLists {
  readonly secrets: readonly Secret[];
  readonly domains: readonly WorkspaceDomain[];
  readonly urls: readonly ManagedUrl[];
}
export type ResourceKind = keyof ResourceLists;

const kinds: readonly ResourceKind[] = ['secrets', 'domains', 'urls'];

/** Numbers in names are counted: `app 2` comes before `app 10`. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Secrets, domains and managed URLs of a workspace, each read when it is first asked for and kept fresh from then on.
 * A server that does not offer them has none.
 */
export class Resources implements Disposable {
  readonly #target: () => Target | undefined;
  readonly #changed: Emitter<ResourceKind>;
  readonly #kept = new Kept((kind) => this.#read(kind as ResourceKind));

  constructor(target: () => Target | undefined, onListenerError: (error: unknown) => void) {
    this.#target = target;
    this.#changed = new Emitter(onListenerError);
  }

  /** Fires when a list that somebody has asked for is another one now. */
  get onChange() {
    return this.#changed.event;
  }

  /** @throws the client's errors. */
  async list<K extends ResourceKind>(kind: K): Promise<ResourceLists[K]> {
    return (await this.#kept.get(kind)) as ResourceLists[K];
  }

  /** Reads again what somebody has asked for. */
  async renew(...some: readonly ResourceKind[]): Promise<void> {
    for (const kind of some.length === 0 ? kinds : some) {
      if (await this.#kept.renew(kind)) this.#changed.fire(kind);
    }
  }

  clear(): void {
    this.#kept.clear();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #read(kind: ResourceKind): Promise<ResourceLists[ResourceKind]> {
    const target = this.#target();
    if (target === undefined) throw new Error('The server is not connected.');
    try {
      return await readers[kind](target);
    } catch (error) {
      if (error instanceof NotOffered) return [];
      throw error;
    }
  }
}

const readers: { readonly [K in ResourceKind]: (target: Target) => Promise<ResourceLists[K]> } = {
  async secrets({ api, workspaceId }) {
    const params = { workspaceId };
    const found = await Array.fromAsync(api.pages('listSecrets', { params }, ({ secrets }) => secrets));
    return found.toSorted((a, b) => byName.compare(a.name, b.name));
  },
  async domains({ api, workspaceId }) {
    const params = { workspaceId };
    const found = await Array.fromAsync(api.pages('listDomains', { params }, ({ domains }) => domains));
    return found.toSorted((a, b) => byName.compare(a.name, b.name));
  },
  async urls({ api, workspaceId }) {
    const params = { workspaceId };
    const found = await Array.fromAsync(api.pages('listManagedUrls', { params }, ({ urls }) => urls));
    return found.toSorted((a, b) => byName.compare(a.address ?? a.path, b.address ?? b.path));
  },
};
