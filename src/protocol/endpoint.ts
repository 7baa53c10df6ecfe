import type { GenericSchema, InferInput, InferOutput } from 'valibot';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Names of the `:parts` of a path, as a type: `'/a/:b/c/:d'` gives `'b' | 'd'`. */
export type ParamNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamNames<Tail>
    : Rest
  : never;

export type Params<Path extends string> = { readonly [K in ParamNames<Path>]: string };

/**
 * One line of the API. `body` absent: the request carries none (sending even `{}` is refused).
 * `returns` absent: the answer says nothing but success. `status` is the only success status.
 */
export interface Endpoint<
  Path extends string = string,
  Query extends GenericSchema | undefined = GenericSchema | undefined,
  Body extends GenericSchema | undefined = GenericSchema | undefined,
  Returns extends GenericSchema | undefined = GenericSchema | undefined,
> {
  readonly method: Method;
  readonly path: Path;
  readonly status: number;
  /** `bearer`: needs a token. `none`: open to anyone who can reach the server. */
  readonly auth: 'bearer' | 'none';
  /**
   * `json`: one JSON answer. `lines`: one JSON value per line until either side ends it. `frames`: the same over a
   * WebSocket, one value in each of its messages. `tar`: an archive, as it is made; one that breaks off was not whole.
   */
  readonly answer: 'json' | 'lines' | 'frames' | 'tar';
  /** The answer carries `X-Total-Count`. */
  readonly paged: boolean;
  /** Absent in Patr: only servers that name this capability answer it. */
  readonly capability: string | undefined;
  /** Sent twice it leaves what it leaves when it is sent once: it may be sent again when nobody knows whether it came. */
  readonly repeatable: boolean;
  readonly query: Query;
  readonly body: Body;
  readonly returns: Returns;
}

interface Options<Q, B, R> {
  readonly query?: Q;
  readonly body?: B;
  readonly returns?: R;
  readonly status?: number;
  readonly auth?: 'none';
  readonly answer?: 'lines' | 'frames' | 'tar';
  readonly paged?: true;
  readonly capability?: string;
  /** Absent: of all methods but POST. */
  readonly repeatable?: boolean;
}

function of(method: Method, usualStatus: number) {
  return <
    const Path extends string,
    Q extends GenericSchema | undefined = undefined,
    B extends GenericSchema | undefined = undefined,
    R extends GenericSchema | undefined = undefined,
  >(
    path: Path,
    options: Options<Q, B, R> = {},
  ): Endpoint<Path, Q, B, R> => ({
    method,
    path,
    status: options.status ?? usualStatus,
    auth: options.auth ?? 'bearer',
    answer: options.answer ?? 'json',
    paged: options.paged ?? false,
    capability: options.capability,
    repeatable: options.repeatable ?? method !== 'POST',
    query: options.query as Q,
    body: options.body as B,
    returns: options.returns as R,
  });
}

export const get = of('GET', 200);
export const post = of('POST', 200);
export const patch = of('PATCH', 202);
export const del = of('DELETE', 205);

type In<S> = S extends GenericSchema ? InferInput<S> : undefined;
type Out<S> = S extends GenericSchema ? InferOutput<S> : undefined;

/** What a caller hands over for an endpoint: wire values, before decoding. */
export type RequestOf<E> =
  E extends Endpoint<infer Path, infer Q, infer B, infer _R>
    ? ([ParamNames<Path>] extends [never] ? unknown : { readonly params: Params<Path> }) &
        (Q extends GenericSchema ? { readonly query?: In<Q> } : unknown) &
        (B extends GenericSchema ? { readonly body: In<B> } : unknown)
    : never;

/** What a handler receives for an endpoint: decoded values. */
export type DecodedOf<E> =
  E extends Endpoint<infer Path, infer Q, infer B, infer _R>
    ? { readonly params: Params<Path>; readonly query: Out<Q>; readonly body: Out<B> }
    : never;

/** What an endpoint answers, decoded. */
export type AnswerOf<E> = E extends Endpoint<infer _P, infer _Q, infer _B, infer R> ? Out<R> : never;

/** What a server writes for an endpoint: the same, before decoding. */
export type WireAnswerOf<E> = E extends Endpoint<infer _P, infer _Q, infer _B, infer R> ? In<R> : never;

/** Fills the `:parts` of a path; every value is encoded, so a digest or a hostile name stays one segment. */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([a-zA-Z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new Error(`The path ${path} needs a value for ${name}.`);
    return encodeURIComponent(value);
  });
}
