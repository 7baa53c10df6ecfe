import type { SecretValue } from '../domain.ts';
import type { SecretRow, Secrets } from '../state/secrets.ts';
import type { Associated, Sealer } from './sealer.ts';

/** A secret without its value. */
type Facts = Omit<SecretRow, 'sealed'>;

/** How sealing everything anew went, in numbers of secrets. */
export interface SealedAnew {
  readonly sealed: number;
  /** Their key is gone, or they were changed: they need their values anew. */
  readonly unreadable: number;
}

/** Puts values of secrets into the state and takes them out; in between they are sealed. Callers hold the transaction. */
export class Vault {
  readonly #rows: Secrets;
  readonly #sealer: Sealer;

  constructor(rows: Secrets, sealer: Sealer) {
    this.#rows = rows;
    this.#sealer = sealer;
  }

  put(secret: Facts, value: string): void {
    this.#rows.put({ ...secret, sealed: this.#sealer.seal(value, belongingTo(secret)) });
  }

  valueOf(workspaceId: string, secretId: string): SecretValue {
    const row = this.#rows.find(secretId);
    if (row === undefined || row.workspaceId !== workspaceId) return { kind: 'absent' };
    const opened = this.#sealer.open(row.sealed, belongingTo(row));
    return opened.kind === 'opened'
      ? { kind: 'value', name: row.name, text: opened.text }
      : { kind: 'unreadable', name: row.name };
  }

  /** Lets the newest key be the one that everything is sealed with. */
  sealAnew(): SealedAnew {
    let [sealed, unreadable] = [0, 0];
    for (const row of this.#rows.all()) {
      const opened = this.#sealer.open(row.sealed, belongingTo(row));
      if (opened.kind !== 'opened') unreadable += 1;
      else if (!this.#sealer.isCurrent(row.sealed)) {
        this.put(row, opened.text);
        sealed += 1;
      }
    }
    return { sealed, unreadable };
  }
}

function belongingTo({ workspaceId, id, version }: Facts): Associated {
  return ['secret', workspaceId, id, version];
}
