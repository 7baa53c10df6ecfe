import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../build/folders.ts';
import { cacheFolder } from '../setup/folders.ts';

/** The sample workspace in a place where it may be changed; what was changed there stays. Returns its folder. */
export async function prepareSample(): Promise<string> {
  const folder = join(cacheFolder(), 'sample');
  const source = join(root, 'test', 'fixtures', 'sample');
  await cp(source, folder, { recursive: true, force: false });
  return folder;
}
