import { join } from 'node:path';
import { textOf, writePrivately } from './privateFile.ts';
import { makeAuthority, type Credential } from './tls/authority.ts';

/** The region's authority out of the state directory; made there once, because people may have chosen to trust it. */
export async function keptAuthority(
  stateDir: string,
  region: { name: string; domain: string },
  now: () => number,
): Promise<Credential> {
  const keyFile = join(stateDir, 'region-authority.key');
  const certificateFile = join(stateDir, 'region-authority.crt');
  const [key, certificate] = await Promise.all([textOf(keyFile), textOf(certificateFile)]);
  if (key !== undefined && certificate !== undefined) return { key, certificate };
  const made = await makeAuthority(region.name, region.domain, now());
  await writePrivately(keyFile, made.key);
  await writePrivately(certificateFile, made.certificate);
  return made;
}
