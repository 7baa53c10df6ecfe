import type { ContainerRecord, Mount } from '../engine.ts';
import { flag, labels, list, number, present, record, text, texts, time } from './facts.ts';
import { portsOfInspection, portsOfList } from './ports.ts';

const states = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing'] as const;

/** One element of `GET /containers/json`. `undefined`: it has no id, so it names nothing. */
export function containerOfList(value: unknown): ContainerRecord | undefined {
  const raw = record(value);
  const id = text(raw['Id']);
  if (id === undefined) return undefined;
  const created = number(raw['Created']);
  return present({
    id,
    name: (texts(raw['Names'])[0] ?? '').replace(/^\//, ''),
    labels: labels(raw['Labels']),
    image: text(raw['Image']) ?? '',
    imageId: text(raw['ImageID']),
    state: stateOf(raw['State']),
    createdAt: created === undefined ? undefined : created * 1000,
    addresses: addressesOf(raw['NetworkSettings']),
    ports: portsOfList(raw['Ports']),
    mounts: mountsOf(raw['Mounts']),
  });
}

/** `GET /containers/{id}/json`. */
export function containerOfInspection(value: unknown): ContainerRecord | undefined {
  const raw = record(value);
  const id = text(raw['Id']);
  if (id === undefined) return undefined;
  const config = record(raw['Config']);
  const state = record(raw['State']);
  const status = stateOf(state['Status']);
  const pid = number(state['Pid']);
  const finishedAt = time(state['FinishedAt']);
  return present({
    id,
    name: (text(raw['Name']) ?? '').replace(/^\//, ''),
    labels: labels(config['Labels']),
    image: text(config['Image']) ?? '',
    imageId: text(raw['Image']),
    state: status,
    createdAt: time(raw['Created']),
    startedAt: time(state['StartedAt']),
    finishedAt,
    // The engine says 0 for a container that has never ended; only after an end is it an exit code.
    exitCode:
      finishedAt === undefined && status !== 'created' ? undefined : exitCodeOf(state['ExitCode'], status),
    outOfMemory: flag(state['OOMKilled']),
    error: text(state['Error']),
    restartCount: number(raw['RestartCount']),
    pid: pid === 0 ? undefined : pid,
    addresses: addressesOf(raw['NetworkSettings']),
    ports: portsOfInspection(record(raw['NetworkSettings'])['Ports']),
    mounts: mountsOf(raw['Mounts']),
    environment: Array.isArray(config['Env']) ? texts(config['Env']) : undefined,
  });
}

/** A container that was created and failed to start has an exit code of its own, such as 127 or 128. */
function exitCodeOf(value: unknown, state: ContainerRecord['state']): number | undefined {
  const code = number(value);
  return state === 'created' && code === 0 ? undefined : code;
}

function stateOf(value: unknown): ContainerRecord['state'] {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  // Podman's words for the same states.
  if (name === 'configured' || name === 'initialized') return 'created';
  if (name === 'stopped' || name === 'stopping') return 'exited';
  return states.find((state) => state === name) ?? 'dead';
}

function addressesOf(settings: unknown): Record<string, string> {
  const networks = Object.entries(record(record(settings)['Networks']));
  return Object.fromEntries(
    networks.flatMap(([name, value]) => {
      const raw = record(value);
      const address = text(raw['IPAddress']) ?? text(raw['GlobalIPv6Address']);
      return address === undefined ? [] : [[name, address]];
    }),
  );
}

function mountsOf(value: unknown): Mount[] {
  return list(value).flatMap((item) => {
    const raw = record(item);
    const target = text(raw['Destination']);
    const kind = raw['Type'] === 'volume' ? 'volume' : raw['Type'] === 'bind' ? 'bind' : undefined;
    const source = kind === 'volume' ? (text(raw['Name']) ?? text(raw['Source'])) : text(raw['Source']);
    if (target === undefined || kind === undefined || source === undefined) return [];
    return [{ kind, source, target, readOnly: raw['RW'] === false }];
  });
}
