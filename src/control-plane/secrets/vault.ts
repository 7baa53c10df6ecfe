import type { SecretValue } from '../domain.ts';
import type { SecretRow, Secrets } from '../state/secrets.ts';
import { sealAnew, type SealedAnew } from './sealAnew.ts';
import type { Associated, Sealer } from './sealer.ts';

/** A secret without its value. */
type Facts = Omit<SecretRow, 'sealed'>;

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
    const rows = this.#rows.all();
    return sealAnew(this.#sealer, { rows, belongingTo, put: (row, text) => this.put(row, text) });
  }
}

function belongingTo({ workspaceId, id, version }: Facts): Associated {
  return ['secret', workspaceId, id, version];
}
