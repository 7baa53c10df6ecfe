import * as v from 'valibot';
import type { ContainerRecord } from '../../docker/engine.ts';
import { resourceName, uuid } from '../../protocol/wire.ts';
import { recordFrom } from '../adoption/record.ts';
import { label } from '../labels.ts';
import type { Identities, RemainingInstance } from './executor.ts';

const whole = v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number));

/** Labels can be written by whoever has the engine: they are decoded like anything else from elsewhere. */
const shape = v.object({
  [label.workspace]: uuid,
  [label.deployment]: uuid,
  [label.deploymentName]: resourceName,
  [label.release]: uuid,
  [label.releaseNumber]: whole,
  [label.ordinal]: whole,
});

/** What a container tells of its deployment and release without the state; undefined when that is not enough. */
export function remainingInstance(container: ContainerRecord): RemainingInstance | undefined {
  const labels = v.safeParse(shape, container.labels);
  const record = recordFrom(container.labels[label.record]);
  if (!labels.success || record === undefined) return undefined;
  return {
    workspaceId: labels.output[label.workspace],
    deploymentId: labels.output[label.deployment],
    deploymentName: labels.output[label.deploymentName],
    releaseId: labels.output[label.release],
    releaseNumber: labels.output[label.releaseNumber],
    ordinal: labels.output[label.ordinal],
    digest: /@(sha256:[0-9a-f]{64})$/.exec(container.image)?.[1],
    running: container.state === 'running',
    createdAt: container.createdAt ?? 0,
    environment: environmentOf(container.environment ?? []),
    record,
  };
}

/** Things beyond its deployment that an instance belongs to. */
export function identitiesOf({ workspaceId, record }: RemainingInstance): Identities {
  const { regionId, source, repositoryName: name } = record;
  const own = 'repositoryId' in source && name !== undefined;
  return { workspaceId, regionId, repository: own ? { id: source.repositoryId, name } : undefined };
}

/** A value may have equals signs in it, a name has none. */
function environmentOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
