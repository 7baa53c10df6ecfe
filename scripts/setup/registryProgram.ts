import { access, cp, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../build/folders.ts';
import { withUnpacked } from './debian.ts';

const folder = join(root, '.cache', 'registry');

/** The CNCF registry as a program: tests that need real ones need no engine for them. */
export const registryProgram = join(folder, 'docker-registry');

/** Makes sure that it is there. It is unpacked and not installed, because a service would start with it. */
export async function ensureRegistryProgram(): Promise<void> {
  if (
    await access(registryProgram).then(
      () => true,
      () => false,
    )
  )
    return;
  await mkdir(folder, { recursive: true });
  await withUnpacked(['docker-registry'], async (unpacked) => {
    const half = `${registryProgram}.new`;
    await cp(join(unpacked, 'usr', 'bin', 'docker-registry'), half);
    await rename(half, registryProgram);
  });
}
