import type { Identity } from '../state/identity.ts';

/** What the parts around the registry prove themselves to each other with. Made once, then kept in the state. */
export interface RegistrySecrets {
  /** The registry to the webhook. */
  readonly webhook: string;
  /** The registry to itself, across restarts in the middle of an upload. */
  readonly uploads: string;
  /** The region's engine to the registry, for pulling. */
  readonly engine: string;
}

/** Reads the secrets, or makes those that are missing. The caller holds the transaction. */
export function registrySecrets(identity: Identity, chance: () => string): RegistrySecrets {
  const kept = (name: string): string => {
    const found = identity.setting(name);
    if (found !== undefined) return found;
    const made = chance();
    identity.putSetting(name, made);
    return made;
  };
  return {
    webhook: kept('registry.webhookSecret'),
    uploads: kept('registry.uploadSecret'),
    engine: kept('registry.enginePassword'),
  };
}
