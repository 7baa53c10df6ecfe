import * as v from 'valibot';
import type { Endpoint } from '../../protocol/endpoint.ts';
import { endpoints, type EndpointName } from '../../protocol/endpoints.ts';
import type { AnyRequest } from '../connection.ts';

/** The generations of Patr that answer today, oldest first; `own` is this product's control plane. */
export const generations = ['legacy', 'rewrite', 'current', 'own'] as const;
export type Generation = (typeof generations)[number];

/** A call as one generation understands it: where it goes, what is sent, and how its answer is read. */
export interface Spoken {
  readonly endpoint: Endpoint;
  readonly given: AnyRequest;
}

/** How one generation says what the endpoint table says. */
export interface Dialect {
  readonly generation: Generation;
  /** Whether a server of this generation answers an endpoint, and does what it stands for. */
  has(name: EndpointName): boolean;
  /** The call in this generation's words; only for what it has. */
  say(name: EndpointName, given: AnyRequest): Spoken;
  /** Rows to ask for at once; a list whose pages overlap is read as one. */
  pageSize(name: EndpointName): number;
}

type Query = NonNullable<AnyRequest['query']>;

/** Where one endpoint differs from the table. What is absent is as the table has it. */
export interface Difference {
  readonly path?: string;
  readonly query?: (query: Query, given: AnyRequest) => Query;
  /** From the table's body to this generation's. */
  readonly body?: (body: unknown) => unknown;
  /** From this generation's answer to the table's. It takes whatever came and never throws: the schema judges. */
  readonly answer?: (answer: unknown, given: AnyRequest) => unknown;
  /** The whole list at once, in rows. */
  readonly pageSize?: number;
}

export type Differences = Readonly<Partial<Record<EndpointName, Difference>>>;

/** Rows of a page: Patr's own pages ask for 25 to 100 at a time, and our control plane gives up to 1,000. */
const pageSizes: Readonly<Record<Generation, number>> = { legacy: 100, rewrite: 100, current: 100, own: 200 };

/** A dialect out of what a generation lacks and where it differs. */
export function dialectOf(
  generation: Generation,
  has: (name: EndpointName) => boolean,
  differences: Differences,
): Dialect {
  return {
    generation,
    has,
    pageSize: (name) => differences[name]?.pageSize ?? pageSizes[generation],
    say(name, given) {
      const endpoint = endpoints[name] as Endpoint;
      const differs = differences[name];
      if (differs === undefined) return { endpoint, given };
      const { path = endpoint.path, query, body } = differs;
      const said = {
        ...given,
        ...(query === undefined ? {} : { query: query(given.query ?? {}, given) }),
        ...(body === undefined ? {} : { body: body(given.body) }),
      };
      return { endpoint: { ...endpoint, path, returns: returnsOf(endpoint, differs, given) }, given: said };
    },
  };
}

function returnsOf({ returns }: Endpoint, { answer }: Difference, given: AnyRequest): Endpoint['returns'] {
  if (returns === undefined || answer === undefined) return returns;
  return v.pipe(
    v.unknown(),
    v.transform((value) => answer(value, given)),
    returns,
  );
}

/** What Patr itself has: every line of the table that is not ours. */
export function isPatrs(name: EndpointName): boolean {
  return (endpoints[name] as Endpoint).capability === undefined;
}

/** The endpoint table to the letter: our own control plane. */
export const ownDialect: Dialect = dialectOf('own', () => true, {});
