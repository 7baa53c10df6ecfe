import type { MachineTypeRow } from '../domain.ts';
import type { Identity } from './identity.ts';

/** Patr's machine types. The first id is the one that Patr's dashboard knows; all are the same everywhere. */
export const machineTypes: readonly MachineTypeRow[] = [
  { id: 'b3cf3771fa394281bfdfeb2e65a061b6', cpus: 1, memoryCount: 2 },
  { id: '2f5c9a1e7d0b4c6f8a3e1d9b5c7f0a24', cpus: 1, memoryCount: 4 },
  { id: '6d8e0b3f4a1c4d7e9b2f5a8c1e3d6074', cpus: 1, memoryCount: 8 },
  { id: '91a7c4e25b3d4f80a6c8e0d2f4b61735', cpus: 2, memoryCount: 8 },
  { id: 'c5e3f7a90d1b4268b4d6f8091a2c3e5f', cpus: 4, memoryCount: 32 },
];

/** Who and where at the first start: ids are made once and then stay. Safe to run at every start. */
export function seed(identity: Identity, regionName: string, at: number, ids: () => string): void {
  for (const type of machineTypes) identity.addMachineType(type);
  if (identity.user() !== undefined) return;
  const userId = ids();
  const workspaceId = ids();
  identity.addUser({ id: userId, username: 'local', firstName: 'Local', lastName: 'User', createdAt: at });
  identity.addWorkspace({ id: workspaceId, name: 'Local', superAdminId: userId }, at);
  identity.addRegion({ id: ids(), workspaceId, name: regionTitle(regionName) }, at);
}

/** `local` reads `Local`. */
function regionTitle(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
