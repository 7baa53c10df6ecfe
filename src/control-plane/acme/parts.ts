import { crypto } from 'acme-client';
import { AcmeKeeper, type AcmeKeeperParts } from './keeper.ts';
import { accountKey, openAcmeMemory } from './memory.ts';
import { acmeAuthority } from './order.ts';

/** Which authority signs for hosts that the region's own cannot sign for. */
export interface AcmeOptions {
  /** URL of its directory. */
  readonly directory: string;
  /** Mail address that it may write to. */
  readonly contact: string | undefined;
  /** Certificates (PEM) that its server is checked against, beside those that everybody trusts. */
  readonly roots: string | undefined;
}

export interface AcmeKeeperWanted extends Omit<AcmeKeeperParts, 'authority' | 'memory'> {
  readonly acme: AcmeOptions;
  readonly stateDir: string;
  readonly userAgent: string;
}

/** A keeper on what the state directory has of the account and its attempts. Nobody is asked yet. */
export async function makeAcmeKeeper(wanted: AcmeKeeperWanted): Promise<AcmeKeeper> {
  const { acme, stateDir, userAgent, clock } = wanted;
  const { directory, contact, roots } = acme;
  const makeKey = async (): Promise<string> => (await crypto.createPrivateEcdsaKey('P-256')).toString();
  const key = await accountKey(stateDir, makeKey);
  const authority = acmeAuthority({ account: { directory, contact, key }, clock, roots, userAgent });
  return new AcmeKeeper({ ...wanted, authority, memory: await openAcmeMemory(stateDir, directory) });
}
