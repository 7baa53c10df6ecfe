import type { ContainerRecord } from '../../docker/engine.ts';
import { label } from '../labels.ts';
import type { ObservedInstance } from './executor.ts';

/** An instance as its container shows it; undefined for a container that is none of ours. */
export function observed(record: ContainerRecord, node: string): ObservedInstance | undefined {
  const { labels } = record;
  const [id, deploymentId, releaseId] = [
    labels[label.instance],
    labels[label.deployment],
    labels[label.release],
  ];
  if (id === undefined || deploymentId === undefined || releaseId === undefined) return undefined;
  const [address] = Object.values(record.addresses).filter((text) => text !== '');
  return {
    id,
    name: record.name.replace(/^\//, ''),
    deploymentId,
    releaseId,
    releaseNumber: Number(labels[label.releaseNumber] ?? 0),
    ordinal: Number(labels[label.ordinal] ?? 0),
    restarts: Number(labels[label.restarts] ?? 0),
    state: states[record.state],
    address,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    exitCode: record.exitCode,
    outOfMemory: record.outOfMemory === true,
    node,
    published: record.ports
      .filter(({ hostPort }) => hostPort > 0)
      .map(({ containerPort: port, hostAddress, hostPort }) => ({ port, hostAddress, hostPort })),
  };
}

const states: Readonly<Record<ContainerRecord['state'], ObservedInstance['state']>> = {
  created: 'created',
  running: 'running',
  // A paused one does not answer, which its probes will find out.
  paused: 'running',
  restarting: 'running',
  exited: 'exited',
  dead: 'exited',
  removing: 'exited',
};
