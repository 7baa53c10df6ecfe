import type { DatabaseSync } from 'node:sqlite';
import type { DecisionEvent } from '../domain.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalNumber, text, type Row } from './row.ts';

/** Events kept per deployment. */
export const eventsKept = 500;

export interface StoredEvent extends DecisionEvent {
  readonly id: number;
}

/** Decisions in words, appended and bounded. Callers hold the transaction. */
export class Events {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  append(event: DecisionEvent): void {
    this.#database
      .prepare('INSERT INTO event (deployment_id, at, kind, message, release_number) VALUES (?, ?, ?, ?, ?)')
      .run(event.deploymentId, event.at, event.kind, event.message, event.releaseNumber ?? null);
    this.#database
      .prepare(
        `DELETE FROM event WHERE deployment_id = :id AND id <= (
           SELECT id FROM event WHERE deployment_id = :id ORDER BY id DESC LIMIT 1 OFFSET ${eventsKept})`,
      )
      .run({ id: event.deploymentId });
  }

  /** Takes the place of the last event when that is of the same kind, so that many of a kind push out no others. */
  appendAsOne(event: DecisionEvent): void {
    this.#database
      .prepare(
        `DELETE FROM event WHERE kind = :kind AND id = (
           SELECT max(id) FROM event WHERE deployment_id = :id)`,
      )
      .run({ id: event.deploymentId, kind: event.kind });
    this.append(event);
  }

  /** Newest first. */
  list(deploymentId: string, wanted: PageWanted): Page<StoredEvent> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM event WHERE deployment_id = ? ORDER BY id DESC LIMIT ? OFFSET ?')
      .all(deploymentId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM event WHERE deployment_id = ?')
      .get(deploymentId);
    return { rows: rows.map(eventOf), total: counted(total) };
  }
}

function eventOf(row: Row): StoredEvent {
  return {
    id: number(row, 'id'),
    deploymentId: text(row, 'deployment_id'),
    at: number(row, 'at'),
    kind: text(row, 'kind'),
    message: text(row, 'message'),
    releaseNumber: optionalNumber(row, 'release_number'),
  };
}
