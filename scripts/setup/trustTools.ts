import { installPackages } from './debian.ts';

/** Makes sure that the tests can look at certificates and change what browsers believe, as a person's machine can. */
export async function ensureTrustTools(): Promise<void> {
  await installPackages(['libnss3-tools', 'ca-certificates', 'curl', 'openssl']);
}
