import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** Another control plane of this machine, with another state, works on a region of the same name. */
export class RegionInUseError extends Error {
  override readonly name = 'RegionInUseError';

  constructor(region: string) {
    super(
      `Another control plane is at work on the region ${region}, with another state. Stop it first, or use ` +
        "another --name: two of them would undo each other's work.",
    );
  }
}

/**
 * Takes the region's name for this process alone, among all that share this network: everybody whose edge and
 * instances are on it. A socket without a file is used, because the kernel gives its name back however the process
 * ends. Containers with a network of their own share the region's state, whose lock tells them apart.
 * @throws RegionInUseError.
 */
export async function lockRegion(region: string): Promise<Disposable> {
  if (process.platform !== 'linux') return disposable(() => undefined);
  // Whoever connects learns nothing, and holds nothing up.
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ path: `\0patr-control-plane-${region}` });
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new RegionInUseError(region);
    throw error;
  }
  server.unref();
  return disposable(() => server.close());
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
