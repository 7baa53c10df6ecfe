import { lookup, Resolver } from 'node:dns/promises';
import { abandonable } from '../../docker/abandonable.ts';
import type { DnsRecordType } from '../../protocol/shapes/domain.ts';

/** No name server gave an answer: nothing is known. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
}

/** Asks name servers. */
export interface Dns {
  /** Values of the records of a name; none when there are none. @throws DnsError. */
  records(type: DnsRecordType, name: string, options?: { signal?: AbortSignal }): Promise<readonly string[]>;
  /** Addresses of a host, as this machine finds them. @throws DnsError. */
  addresses(host: string, options?: { signal?: AbortSignal }): Promise<readonly string[]>;
}

/** What answers that there is no such record or name. */
const nothingThere = new Set(['ENODATA', 'ENOTFOUND']);
const timing = { timeout: 2000, tries: 2 };

/** `servers`: such as `127.0.0.1:5353`; none: those of the system. */
export function createDns(servers: readonly string[] = []): Dns {
  return {
    async records(type, name, { signal } = {}) {
      signal?.throwIfAborted();
      const resolver = new Resolver(timing);
      if (servers.length > 0) resolver.setServers(servers);
      const onAbort = (): void => resolver.cancel();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        return await ask(resolver, type, name);
      } catch (error) {
        signal?.throwIfAborted();
        if (codeOf(error) !== undefined && nothingThere.has(codeOf(error) ?? '')) return [];
        throw new DnsError(`The name servers do not answer for ${name} (${codeOf(error) ?? 'no answer'}).`, {
          cause: error,
        });
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async addresses(host, { signal } = {}) {
      try {
        // The system answers when it likes, and cannot be told to stop.
        const found = await abandonable(lookup(host, { all: true, order: 'ipv4first' }), signal);
        return found.map(({ address }) => address);
      } catch (error) {
        signal?.throwIfAborted();
        throw new DnsError(`${host} cannot be found (${codeOf(error) ?? 'no answer'}).`, { cause: error });
      }
    },
  };
}

async function ask(resolver: Resolver, type: DnsRecordType, name: string): Promise<readonly string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'CNAME':
      return (await resolver.resolveCname(name)).map((host) => host.toLowerCase().replace(/\.$/, ''));
    case 'TXT':
      // A long text comes in pieces.
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
