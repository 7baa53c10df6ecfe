import { createHash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { nameLabel } from '../hostNames.ts';
import { migrations } from './migrations/all.ts';

/** The database was written by a newer version of this program; opening it could lose what it says. */
export class DatabaseTooNewError extends Error {
  override readonly name = 'DatabaseTooNewError';

  constructor(path: string, found: number, known: number) {
    super(
      `The state in ${path} was written by a newer version (schema ${found}, this one knows ${known}). ` +
        'Start the newer version, or use another state directory.',
    );
  }
}

/**
 * Prepares each text once: the loop asks the same questions of every deployment, and statements that wait for the
 * garbage collector are memory that it does not see. There are as many of them as the code has texts.
 */
class StateDatabase extends DatabaseSync {
  readonly #prepared = new Map<string, StatementSync>();

  override prepare(text: string): StatementSync {
    const there = this.#prepared.get(text);
    if (there !== undefined) return there;
    const made = super.prepare(text);
    this.#prepared.set(text, made);
    return made;
  }
}

/**
 * Opens the state, made or brought up to date as needed. `:memory:` gives one that nobody else sees.
 * @throws DatabaseTooNewError; whatever SQLite says of a file that is no database.
 */
export function openDatabase(path: string, steps: readonly string[] = migrations): DatabaseSync {
  const database = new StateDatabase(path, { timeout: 5000, enableForeignKeyConstraints: true });
  try {
    functionsOfMigrations(database);
    // FULL: what was answered with success survives a power cut, not only a killed process.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(database, path, steps);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What migrations fill columns in with; what is written later brings its own. */
function functionsOfMigrations(database: DatabaseSync): void {
  const pure = { deterministic: true };
  database.function('name_label', pure, (name) => nameLabel(String(name)) ?? null);
  database.function('from_base64', pure, (text) => Buffer.from(String(text), 'base64'));
  database.function('sha256_of', pure, (bytes) => sha256(bytes as Uint8Array));
}

/** Lower-case hexadecimal, with the algorithm before it. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function migrate(database: DatabaseSync, path: string, steps: readonly string[]): void {
  const version = schemaVersion(database);
  if (version > steps.length) throw new DatabaseTooNewError(path, version, steps.length);
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    inTransaction(database, () => {
      database.exec(step);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** Number of the last migration that was applied; 0 for an empty file. */
export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** All or nothing. The write lock is taken at once, so that two writers never deadlock halfway. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A failed COMMIT may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
