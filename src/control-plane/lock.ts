import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { disposable, type Disposable } from '../base/disposable.ts';

/** Another control plane works on the same state. */
export class StateInUseError extends Error {
  override readonly name = 'StateInUseError';

  constructor(stateDir: string) {
    super(
      `Another control plane is running on ${stateDir}. Stop it first, or use another --state-dir: ` +
        "two of them would undo each other's work.",
    );
  }
}

/**
 * Takes the state directory for this process alone. SQLite's file lock is used, because the kernel gives it
 * back however the process ends: there is never a stale one to clean up. @throws StateInUseError.
 */
export function lockState(stateDir: string): Disposable {
  const database = new DatabaseSync(join(stateDir, 'lock.db'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) throw new StateInUseError(stateDir);
    throw error;
  }
  return disposable(() => database.close());
}

/** SQLITE_BUSY and its extended codes. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
