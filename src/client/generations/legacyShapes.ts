import type { AnyRequest } from '../connection.ts';
import { withoutOurs } from './requests.ts';
import { record, renamed, rows, values, withAddresses } from './values.ts';

/** `region` for `runner`, and a port as an object with its type. */
export function legacyDeployment(body: unknown): unknown {
  const { ports, ...rest } = record(withoutOurs(body));
  const typed = ports === undefined ? {} : { ports: values(ports, (type) => ({ type })) };
  return { ...renamed(rest, 'runner', 'region'), ...typed };
}

export function tableDeployment(deployment: Readonly<Record<string, unknown>>): unknown {
  const { ports, volumes, ...rest } = renamed(deployment, 'region', 'runner');
  return withAddresses({
    ...rest,
    ...(ports === undefined ? {} : { ports: values(ports, (port) => record(port)['type'] ?? port) }),
    ...(volumes === undefined
      ? {}
      : { volumes: values(volumes, (volume) => record(volume)['path'] ?? volume) }),
  });
}

export function tableMachineTypes(list: unknown): unknown {
  return rows(list, (type) => renamed(renamed(type, 'cpuCount', 'cpu_count'), 'memoryCount', 'memory_count'));
}

/** A region is connected when deployments can be made in it; otherwise its own word says why not. */
export function tableRegion(region: Readonly<Record<string, unknown>>): unknown {
  const { id, name, status } = region;
  if (status === 'active') return { id, name, connected: true };
  return { id, name, connected: false, message: regionWords[String(status)] ?? 'The region is not ready.' };
}

const regionWords: Readonly<Record<string, string>> = {
  creating: 'The region is being set up.',
  comingSoon: 'The region is not open yet.',
  errored: 'The region could not be set up. Patr’s own pages say why.',
  deleted: 'The region was removed.',
  disconnected: 'The cluster of the region cannot be reached.',
};

/** It does not search: what is not asked for is left out here. */
export function tableLogs(answer: unknown, { query }: AnyRequest): unknown {
  const lines = rows(record(answer)['logs'], (line) => renamed(line, 'logs', 'log'));
  const search = query?.['search'];
  if (search === undefined || !Array.isArray(lines)) return { logs: lines };
  return { logs: lines.filter((line) => String(record(line)['log']).includes(String(search))) };
}

/** When it was made is not said; when it changed last is. */
export function tableRepository(repository: Readonly<Record<string, unknown>>): unknown {
  const { id, name, size, lastUpdated, created = lastUpdated } = repository;
  return { id, name, size, lastUpdated, created };
}

export function tableTags(answer: unknown): unknown {
  return { tags: rows(record(answer)['tags'], (tag) => renamed(tag, 'lastUpdated', 'last_updated')) };
}

export function flatUrl(body: unknown): unknown {
  const { urlType, ...rest } = record(body);
  return { ...rest, ...record(urlType) };
}
