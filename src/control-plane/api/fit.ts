import { problem } from '../../protocol/problems.ts';
import { gigabytes, memoryBytesOf, misfit } from '../capacity.ts';
import type { Deployment } from '../domain.ts';
import type { Publish } from '../state/store.ts';
import type { ApiParts } from './parts.ts';

type Asked = Pick<Deployment, 'machineTypeId' | 'minScale'>;

/**
 * What can never run on the region's machine is refused before it is tried. While the machine is not known, nothing is.
 * @throws ProblemError `insufficientCapacity`.
 */
export function refuseMisfit({ store, reconciler }: ApiParts, { machineTypeId, minScale }: Asked): void {
  const { capacity } = reconciler.region();
  const type = store.identity.machineTypes().find(({ id }) => id === machineTypeId);
  if (capacity === undefined || type === undefined) return;
  const found = misfit(type, minScale, capacity);
  if (found === undefined) return;
  const subject = found.field === 'machineType' ? 'Each instance' : 'The smallest number of instances';
  throw problem('insufficientCapacity', {
    says: `${subject} ${found.message}. Choose a smaller machine type, fewer instances, or another region.`,
    fields: [found],
  });
}

/**
 * Limits may add up to more than there is, because hardly ever do all instances use theirs: that is allowed, and said
 * where a deployment adds to it. The caller holds the transaction, and has noted the wish.
 */
export function noteOvercommit(
  { store, notary, reconciler }: ApiParts,
  publish: Publish,
  deploymentId: string,
): void {
  const { capacity } = reconciler.region();
  const allocated = memoryBytesOf({ memoryCount: store.deployments.allocatedMemoryCount() });
  if (capacity === undefined || allocated <= capacity.memoryBytes) return;
  store.events.append({
    deploymentId,
    at: notary.now(),
    kind: 'overcommitted',
    message: `The instances of this region may use ${gigabytes(allocated)} of memory together, and its machine has ${gigabytes(capacity.memoryBytes)}. Should all of them need theirs, some are ended: choose smaller machine types or fewer instances, or stop what is not needed.`,
    releaseNumber: undefined,
  });
  publish({ kind: 'outcome', deploymentId });
}
