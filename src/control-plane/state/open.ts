import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from './database.ts';
import { seed } from './seed.ts';
import { Store } from './store.ts';

export interface OpenWanted {
  readonly stateDir: string;
  readonly regionName: string;
  readonly now: () => number;
  readonly ids: () => string;
  readonly onListenerError: (error: unknown) => void;
}

/** Makes the directory of the state, which only its owner can look into. */
export async function makeStateDir(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await chmod(stateDir, 0o700);
}

/** Opens the state of a directory, with the user, workspace, region and machine types in it. */
export function openStore(wanted: OpenWanted): Store {
  const store = new Store(openDatabase(join(wanted.stateDir, 'state.db')), wanted.onListenerError);
  store.change(() => seed(store.identity, wanted.regionName, wanted.now(), wanted.ids));
  return store;
}
