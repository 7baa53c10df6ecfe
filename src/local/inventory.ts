import { LocalHostError, type LocalInventory } from './contract.ts';
import { containerName, regionLabel } from './names.ts';
import type { LocalHostParts, Waiting } from './parts.ts';

/** Everything that carries the label of the region. */
export async function inventory(
  { engine, settings }: LocalHostParts,
  waiting: Waiting,
): Promise<LocalInventory> {
  const labels = { [regionLabel]: settings.name };
  const [containers, volumes, networks] = await Promise.all([
    engine.listContainers({ labels }, waiting),
    engine.listVolumes({ labels }, waiting),
    engine.listNetworks({ labels }, waiting),
  ]);
  const names = (records: readonly { readonly name: string }[]): string[] =>
    records.map(({ name }) => name.replace(/^\//, '')).toSorted();
  return { containers: names(containers), volumes: names(volumes), networks: names(networks) };
}

/**
 * Removes all of it. The control plane goes first, so that it does not repair what is being removed.
 * @throws LocalHostError that names what somebody else still uses.
 */
export async function remove(parts: LocalHostParts, waiting: Waiting): Promise<void> {
  const { engine, settings } = parts;
  await engine.removeContainer(containerName(settings.name), { ...waiting, volumes: true });
  const labels = { [regionLabel]: settings.name };
  for (const { id } of await engine.listContainers({ labels }, waiting))
    await engine.removeContainer(id, { ...waiting, volumes: true });
  for (const { id } of await engine.listNetworks({ labels }, waiting))
    await engine.removeNetwork(id, waiting);
  for (const { name } of await engine.listVolumes({ labels }, waiting))
    await engine.removeVolume(name, waiting);
  const left = Object.values(await inventory(parts, waiting)).flat();
  if (left.length === 0) return;
  const message = `Something else still uses ${left.join(', ')}. Remove or stop that, then remove the region again.`;
  throw new LocalHostError(message);
}
