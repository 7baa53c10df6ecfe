import type { Endpoint } from '../protocol/endpoint.ts';
import { endpoints, type EndpointName } from '../protocol/endpoints.ts';
import type { ServerInfo } from '../protocol/shapes/workspace.ts';
import type { Generation } from './generations/dialect.ts';
import { registryHostOf, registryUser, type ServerRegistry } from './registry/serverRegistry.ts';
import type { Connection } from './connection.ts';

/** What a server is, learned once per connection. */
export interface Backend {
  readonly product: string;
  readonly version: string | undefined;
  readonly generation: Generation;
  readonly registry: ServerRegistry;
  /** What it can do beyond Patr's own API. */
  offers(capability: string): boolean;
  /** Whether it answers an endpoint of the table and does what it stands for. */
  answers(name: EndpointName): boolean;
}

/** The answer to `getServerInfo` of a control plane of ours, as what it can do. */
export function ownBackend(info: ServerInfo, connection: Connection): Backend {
  const capabilities = new Set(info.capabilities);
  return {
    product: info.product,
    version: info.version,
    generation: 'own',
    registry: { ...registryOf(connection), ...info.registry },
    offers: (capability) => capabilities.has(capability),
    answers(name) {
      const { capability } = endpoints[name] as Endpoint;
      return capability === undefined || capabilities.has(capability);
    },
  };
}

/** The registry of a server that names none itself. */
export function registryOf({ url, registry, fetch, userAgent }: Connection): ServerRegistry {
  return { host: registry ?? registryHostOf(new URL(url)), username: registryUser, fetch, userAgent };
}
