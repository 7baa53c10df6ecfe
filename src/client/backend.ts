import type { ServerInfo } from '../protocol/shapes/workspace.ts';
import type { Api } from './client.ts';
import { NotOffered } from './errors.ts';

/** What a server can do beyond Patr's own API. */
export interface Backend {
  readonly product: string;
  readonly version: string | undefined;
  readonly registry: NonNullable<ServerInfo['registry']>;
  offers(capability: string): boolean;
}

/** Patr's own registry, for servers that do not name one. */
const patrCloudRegistry = { host: 'registry.patr.cloud', username: 'patr' };

/** Asks a server what it is. One that does not know the question is Patr itself. @throws as every call does. */
export async function learnBackend(
  api: Pick<Api, 'getServerInfo'>,
  options: { signal?: AbortSignal } = {},
): Promise<Backend> {
  try {
    const info = await api.getServerInfo(undefined, options);
    const capabilities = new Set(info.capabilities);
    return {
      product: info.product,
      version: info.version,
      registry: info.registry ?? patrCloudRegistry,
      offers: (capability) => capabilities.has(capability),
    };
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    return { product: 'Patr', version: undefined, registry: patrCloudRegistry, offers: () => false };
  }
}
