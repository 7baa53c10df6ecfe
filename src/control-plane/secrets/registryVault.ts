import { canonicalRegistry } from '../../protocol/shapes/registry.ts';
import type { RegistryLogin } from '../domain.ts';
import type { Registries, RegistryRow } from '../state/registries.ts';
import { sealAnew, type SealedAnew } from './sealAnew.ts';
import type { Associated, Sealer } from './sealer.ts';

/** Credentials without the password. */
type Facts = Omit<RegistryRow, 'sealed'>;

/** Puts passwords of other registries into the state and takes them out; in between they are sealed. Callers hold the transaction. */
export class RegistryVault {
  readonly #rows: Registries;
  readonly #sealer: Sealer;

  constructor(rows: Registries, sealer: Sealer) {
    this.#rows = rows;
    this.#sealer = sealer;
  }

  put(facts: Facts, password: string): void {
    this.#rows.put({ ...facts, sealed: this.#sealer.seal(password, belongingTo(facts)) });
  }

  /** What a workspace signs in to a registry with; undefined where it has nothing, or nothing that can be opened. */
  loginOf(workspaceId: string, registry: string): RegistryLogin | undefined {
    const row = this.#rows.byHost(workspaceId, canonicalRegistry(registry));
    if (row === undefined) return undefined;
    const opened = this.#sealer.open(row.sealed, belongingTo(row));
    return opened.kind === 'opened' ? { username: row.username, password: opened.text } : undefined;
  }

  /** Lets the newest key be the one that everything is sealed with. */
  sealAnew(): SealedAnew {
    const rows = this.#rows.all();
    return sealAnew(this.#sealer, { rows, belongingTo, put: (row, text) => this.put(row, text) });
  }
}

/** With the user name: a password moved to another user's row cannot be opened. */
function belongingTo({ workspaceId, id, registry, username }: Facts): Associated {
  return ['registry', workspaceId, id, registry, username];
}
