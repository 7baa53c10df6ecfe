import type { Connection } from './connection.ts';
import { EngineError, type Engine } from './engine.ts';
import { labelFilter } from './filters.ts';
import { list, record, text } from './records/facts.ts';
import { volumeOf } from './records/volumeRecord.ts';
import { escapePath } from './transport.ts';

export function volumes(
  connection: Connection,
): Pick<Engine, 'ensureVolume' | 'listVolumes' | 'removeVolume' | 'volumeSizes'> {
  return {
    async ensureVolume({ name, labels }, { signal } = {}) {
      // Creating a volume that exists gives it back as it is.
      const body = { Name: name, Driver: 'local', Labels: labels };
      const { value } = await connection.call({ method: 'POST', path: '/volumes/create', body, signal });
      const made = volumeOf(value);
      if (made === undefined) throw new EngineError('failed', `The engine described no volume for ${name}.`);
      return made;
    },

    async listVolumes({ labels }, { signal } = {}) {
      const query = { filters: labelFilter(labels) };
      const { value } = await connection.call({ method: 'GET', path: '/volumes', query, signal });
      return list(record(value)['Volumes']).flatMap((item) => volumeOf(item) ?? []);
    },

    async removeVolume(name, { signal } = {}) {
      const request = { method: 'DELETE', path: `/volumes/${escapePath(name)}`, signal } as const;
      const { status, value } = await connection.call(request, [404, 409]);
      if (status < 400) return 'removed';
      if (status === 404) return 'absent';
      const message = text(record(value)['message']) ?? '';
      if (/in use|being used/i.test(message)) return 'inUse';
      throw connection.refused(status, message);
    },

    async volumeSizes({ signal } = {}) {
      // Engines that know the filter count volumes alone.
      const query = { type: 'volume' };
      const { value } = await connection.call({ method: 'GET', path: '/system/df', query, signal });
      return new Map(list(record(value)['Volumes']).flatMap(sizeIn));
    },
  };
}

/** A size that is not known is told as -1. */
function sizeIn(volume: unknown): [string, number][] {
  const name = text(record(volume)['Name']);
  const size = record(record(volume)['UsageData'])['Size'];
  return name === undefined || typeof size !== 'number' || size < 0 ? [] : [[name, size]];
}
