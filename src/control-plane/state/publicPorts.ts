import type { DatabaseSync } from 'node:sqlite';
import type { PortRange, SlotPort } from '../publicPort.ts';
import { number } from './row.ts';

/** Which port of the machine each tcp and udp port of a slot has. Callers hold the transaction. */
export class PublicPorts {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of({ deploymentId, port, ordinal }: SlotPort): number | undefined {
    const row = this.#database
      .prepare('SELECT number FROM public_port WHERE deployment_id = ? AND port = ? AND ordinal = ?')
      .get(deploymentId, port, ordinal);
    return row === undefined ? undefined : number(row, 'number');
  }

  /** Gives the slot's port this number; a number that somebody else has stays theirs. */
  put({ deploymentId, port, ordinal }: SlotPort, publicPort: number): void {
    this.#database
      .prepare(
        `INSERT INTO public_port (number, deployment_id, port, ordinal) VALUES (?, ?, ?, ?)
         ON CONFLICT (deployment_id, port, ordinal) DO UPDATE SET number = excluded.number
         ON CONFLICT (number) DO NOTHING`,
      )
      .run(publicPort, deploymentId, port, ordinal);
  }

  /** The first number of the range that nobody has, beginning after this one and going round. */
  firstFree({ first, last }: PortRange, after: number): number | undefined {
    const size = last - first + 1;
    const begin = after < first || after >= last ? first : after + 1;
    const taken = new Set(this.#all());
    for (let offset = 0; offset < size; offset += 1) {
      const candidate = first + ((begin - first + offset) % size);
      if (!taken.has(candidate)) return candidate;
    }
    return undefined;
  }

  #all(): readonly number[] {
    return this.#database
      .prepare('SELECT number FROM public_port')
      .all()
      .map((row) => number(row, 'number'));
  }
}
