import type { Store } from '../state/store.ts';
import { RegistryVault } from './registryVault.ts';
import type { SealedAnew } from './sealAnew.ts';
import { loadSealer } from './sealingKeys.ts';
import { Vault } from './vault.ts';

/** Everything that a state has stored sealed, under the keys of one file. */
export interface Vaults {
  readonly vault: Vault;
  readonly registryVault: RegistryVault;
  /** Lets the newest key be the one that everything is sealed with. */
  sealAnew(): { readonly secrets: SealedAnew; readonly registries: SealedAnew };
  /** Makes a new key, and seals everything with it. */
  rotateKey(): Promise<SealedAnew>;
  /** Takes the keys of a key file over, and seals everything that they open with the newest. @throws KeysFileError. */
  restoreKeys(text: string): Promise<SealedAnew>;
}

/** @throws KeysFileError. */
export async function openVaults(stateDir: string, store: Store, now: () => number): Promise<Vaults> {
  const sealer = await loadSealer(stateDir, now);
  const vault = new Vault(store.secrets, sealer);
  const registryVault = new RegistryVault(store.registries, sealer);
  const sealAnew = () =>
    store.change(() => ({ secrets: vault.sealAnew(), registries: registryVault.sealAnew() }));
  return {
    vault,
    registryVault,
    sealAnew,
    async rotateKey() {
      await sealer.rotate();
      return total(sealAnew());
    },
    async restoreKeys(text) {
      await sealer.restore(text);
      return total(sealAnew());
    },
  };
}

function total({ secrets, registries }: ReturnType<Vaults['sealAnew']>): SealedAnew {
  return {
    sealed: secrets.sealed + registries.sealed,
    unreadable: secrets.unreadable + registries.unreadable,
  };
}
