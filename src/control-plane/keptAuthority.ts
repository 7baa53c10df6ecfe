import { join } from 'node:path';
import { textOf, writePrivately } from './privateFile.ts';
import { isSound, makeAuthority, type Credential } from './tls/authority.ts';

/**
 * The region's authority out of the state directory. It stays as it is, because people may have chosen to trust it,
 * unless it could sign more than it should, or would end before what it signs: then they have to choose anew.
 */
export async function keptAuthority(
  stateDir: string,
  region: { name: string; domain: string },
  now: () => number,
): Promise<Credential> {
  const keyFile = join(stateDir, 'region-authority.key');
  const certificateFile = join(stateDir, 'region-authority.crt');
  const [key, certificate] = await Promise.all([textOf(keyFile), textOf(certificateFile)]);
  if (key !== undefined && certificate !== undefined) {
    const kept = { key, certificate };
    if (isSound(kept, region.domain, now())) return kept;
  }
  const made = await makeAuthority(region.name, region.domain, now());
  await writePrivately(keyFile, made.key);
  await writePrivately(certificateFile, made.certificate);
  return made;
}
