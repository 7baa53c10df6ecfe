import type { Readable } from 'node:stream';
import type { DecodedOf, WireAnswerOf } from '../../protocol/endpoint.ts';
import type { EndpointName, Endpoints } from '../../protocol/endpoints.ts';
import type { Permissions } from '../../protocol/shapes/apiToken.ts';
import type { Page } from '../state/page.ts';

/** Who asks: the token that was shown, and the user that it belongs to. */
export interface Caller {
  readonly loginId: string;
  readonly userId: string;
  /** What the token may do; absent: whatever its holder may. */
  readonly permissions: Permissions | undefined;
}

/** A decoded request. `caller` is absent only where the endpoint asks for no token. */
export type Asked<K extends EndpointName> = DecodedOf<Endpoints[K]> & {
  readonly caller: Caller | undefined;
  /** Fires when the client goes away or the server stops. */
  readonly signal: AbortSignal;
};

/** Endpoints that stream, one JSON value per line or frame. */
type StreamName = 'followChanges' | 'followLogs';
/** Endpoints that answer with an archive. */
type ArchiveName = 'archiveVolumeData';

type QueryOf<K extends EndpointName> = DecodedOf<Endpoints[K]>['query'];

/** What a handler gives back: the answer; with a total where it is a page; a stream of answers; or of bytes. */
export type Reply<K extends EndpointName> = K extends StreamName
  ? AsyncIterable<WireAnswerOf<Endpoints[K]>>
  : K extends ArchiveName
    ? Readable
    : QueryOf<K> extends { readonly count: number }
      ? { readonly answer: WireAnswerOf<Endpoints[K]>; readonly total: number }
      : WireAnswerOf<Endpoints[K]> extends undefined
        ? void
        : WireAnswerOf<Endpoints[K]>;

export type Handler<K extends EndpointName> = (asked: Asked<K>) => Reply<K> | Promise<Reply<K>>;

/** One handler per line of the endpoint table; a missing or surplus one does not compile. */
export type Handlers = { readonly [K in EndpointName]: Handler<K> };

/** Some of them, as one folder or file gives them. */
export type Some<K extends EndpointName> = { readonly [N in K]: Handler<N> };

/** A page of the state as the reply of a list. */
export function paged<T, R>(page: Page<T>, answer: (rows: readonly T[]) => R): { answer: R; total: number } {
  return { answer: answer(page.rows), total: page.total };
}
