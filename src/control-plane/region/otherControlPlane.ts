import type { Engine } from '../../docker/engine.ts';
import { labelsOf } from '../labels.ts';

/**
 * A container that is the control plane of the same region and is not this process, in a sentence; undefined when
 * there is none. `data` tells what this process is: with volumes it is the one container that has the name.
 */
export async function otherControlPlane(
  engine: Pick<Engine, 'listContainers'>,
  region: string,
  data: 'directory' | 'volumes',
  options: { readonly signal?: AbortSignal } = {},
): Promise<string | undefined> {
  const own = data === 'volumes' ? `patr-${region}-control-plane` : undefined;
  const there = await engine.listContainers({ labels: labelsOf(region, 'control-plane') }, options);
  const other = there
    .filter(({ state }) => state === 'running' || state === 'paused' || state === 'restarting')
    .map(({ name }) => name.replace(/^\//, ''))
    .find((name) => name !== own);
  if (other === undefined) return undefined;
  return `The container ${other} is the control plane of the region ${region}, so this one does nothing. Stop one of them: two would undo each other's work.`;
}
