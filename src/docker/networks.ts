import type { Connection } from './connection.ts';
import { EngineError, type Engine, type NetworkRecord, type NetworkSpec } from './engine.ts';
import { labelFilter } from './filters.ts';
import { list, record, text } from './records/facts.ts';
import { networkOf } from './records/networkRecord.ts';
import { escapePath } from './transport.ts';

type Networks = Pick<
  Engine,
  'ensureNetwork' | 'listNetworks' | 'removeNetwork' | 'connectNetwork' | 'disconnectNetwork'
>;

export function networks(connection: Connection): Networks {
  const at = (id: string, verb = ''): string => `/networks/${escapePath(id)}${verb}`;

  /** Inspection takes prefixes of ids for names, so what comes back must carry the very name. */
  const find = async (name: string, signal?: AbortSignal): Promise<NetworkRecord | undefined> => {
    const filters = JSON.stringify({ name: [name] });
    const { value } = await connection.call({ method: 'GET', path: '/networks', query: { filters }, signal });
    return list(value)
      .flatMap((item) => networkOf(item) ?? [])
      .find((network) => network.name === name);
  };

  return {
    async ensureNetwork(spec, { signal } = {}) {
      const found = await find(spec.name, signal);
      if (found !== undefined) return found;
      const body = networkBody(spec);
      const request = { method: 'POST', path: '/networks/create', body, signal } as const;
      const { status, value } = await connection.call(request, [409, 500]);
      const made = await find(spec.name, signal);
      if (made !== undefined) return made;
      if (status >= 400) throw connection.refused(status, text(record(value)['message']) ?? '');
      throw new EngineError('failed', `The network ${spec.name} was created and is gone again.`);
    },

    async listNetworks({ labels }, { signal } = {}) {
      const query = { filters: labelFilter(labels) };
      const { value } = await connection.call({ method: 'GET', path: '/networks', query, signal });
      return list(value).flatMap((item) => networkOf(item) ?? []);
    },

    async removeNetwork(id, { signal } = {}) {
      const request = { method: 'DELETE', path: at(id), signal } as const;
      const { status, value } = await connection.call(request, [403, 404, 409, 500]);
      if (status < 400) return 'removed';
      if (status === 404) return 'absent';
      const message = text(record(value)['message']) ?? '';
      if (/active endpoints|being used|is in use|has associated containers/i.test(message)) return 'inUse';
      throw connection.refused(status, message);
    },

    async connectNetwork(network, container, { signal } = {}) {
      const body = { Container: container };
      const request = { method: 'POST', path: at(network, '/connect'), body, signal } as const;
      const { status, value } = await connection.call(request, [403, 409, 500]);
      const message = text(record(value)['message']) ?? '';
      // It is in already, which is what was wanted.
      if (status >= 400 && !/already (exists|attached|connected)/i.test(message)) {
        throw connection.refused(status, message);
      }
    },

    async disconnectNetwork(network, container, { signal } = {}) {
      const body = { Container: container, Force: true };
      const request = { method: 'POST', path: at(network, '/disconnect'), body, signal } as const;
      const { status, value } = await connection.call(request, [403, 404, 409, 500]);
      const message = text(record(value)['message']) ?? '';
      // Container, network or membership is gone, which is what was wanted.
      const gone = status === 404 || /is not connected|no such container/i.test(message);
      if (status >= 400 && !gone) throw connection.refused(status, message);
    },
  };
}

/** `CheckDuplicate`: engines before 25 otherwise make a second network of the same name. */
function networkBody(spec: NetworkSpec): object {
  return {
    Name: spec.name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Labels: spec.labels,
    Internal: spec.internal ?? false,
    IPAM: spec.subnet === undefined ? undefined : { Config: [{ Subnet: spec.subnet }] },
  };
}
