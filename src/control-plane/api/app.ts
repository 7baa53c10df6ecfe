import type { Readable } from 'node:stream';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { anySignal } from '../../base/abort.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { Endpoint } from '../../protocol/endpoint.ts';
import { endpoints, type EndpointName } from '../../protocol/endpoints.ts';
import { problem } from '../../protocol/problems.ts';
import { refuseBeyondRights } from '../auth/permissions.ts';
import type { Workspace } from '../state/identity.ts';
import { archive, failure, lines, success } from './answers.ts';
import type { Asked, Caller, Handlers } from './handler.ts';
import { hostAllowed, type HostRule } from './hosts.ts';
import type { SocketEnv } from './sockets.ts';
import { bodyFrom, callerFrom, paramsFrom, queryFrom, tokenFrom } from './request.ts';

/** Largest body of a request, in bytes. */
const largestBody = 8 * 1024 * 1024;

export interface AppParts {
  readonly handlers: Handlers;
  /** Whose token it is. @throws ProblemError when it is not good. */
  readonly callerOf: (token: string) => Caller;
  /** Resolves when that token is not good any more, or when the signal fires. */
  readonly tokenEnd: (token: string, signal: AbortSignal) => Promise<void>;
  /** @throws ProblemError when there is no such workspace. */
  readonly workspaceOf: (id: string) => Workspace;
  readonly hosts: HostRule;
  readonly log: Log;
  /** Fires when the server stops: streams end then. */
  readonly signal: AbortSignal;
}

/**
 * The whole API as one value: a request goes in, a response comes out, with or without a port. Routes are those
 * of the endpoint table; anything else is a 404 without a body, as Patr answers it.
 */
export function createApp(parts: AppParts): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? new URL(context.req.url).host;
    if (!hostAllowed(parts.hosts, host)) return context.body(null, 404);
    return next();
  });
  app.use(
    bodyLimit({
      maxSize: largestBody,
      onError: () =>
        failure(
          problem('wrongParameters', { says: 'The request is larger than 8 MiB.' }),
          parts.log,
          'A request',
        ),
    }),
  );
  for (const name of Object.keys(endpoints) as EndpointName[]) mount(app, parts, name);
  app.notFound((context) => context.body(null, 404));
  app.onError((error, context) => failure(error, parts.log, `${context.req.method} ${context.req.path}`));
  return app;
}

/** A handler of any endpoint: its types were checked where the table was filled. */
type AnyHandler = (asked: unknown) => unknown;

function mount(app: Hono, parts: AppParts, name: EndpointName): void {
  const endpoint: Endpoint = endpoints[name];
  const handler = parts.handlers[name] as AnyHandler;
  app.on(endpoint.method, endpoint.path, async (context) => {
    // Who asks for headers alone is answered without a body: what a stream is made from would never be let go.
    if (endpoint.answer !== 'json' && context.req.method === 'HEAD') return context.body(null, 404);
    const asked = await askedFrom(context, parts, endpoint);
    if (endpoint.answer !== 'json') return streamed(context, parts, endpoint, { handler, asked });
    const reply = await handler(asked);
    if (!endpoint.paged) return success(endpoint.status, reply, undefined);
    const { answer, total } = reply as { answer: unknown; total: number };
    return success(endpoint.status, answer, total);
  });
}

/** The answer of an endpoint that streams: it ends with the token that it was asked for with. */
async function streamed(
  context: Context,
  parts: AppParts,
  { answer }: Endpoint,
  ask: { readonly handler: AnyHandler; readonly asked: Asked<EndpointName> },
): Promise<Response> {
  const { handler, asked } = ask;
  const over = new AbortController();
  const end = (): void => over.abort();
  const signal = anySignal(asked.signal, over.signal);
  // Where nobody can tell whether it is still good, it is not.
  const unknown = (error: unknown): void =>
    parts.log.error('A token cannot be looked at', { error: describeError(error) });
  void parts
    .tokenEnd(tokenFrom(context) ?? '', signal)
    .catch(unknown)
    .then(end);
  try {
    const reply = await handler({ ...asked, signal });
    if (answer === 'tar') return archive((reply as Readable).once('close', end), parts.log);
    const stream = thenCall(end, reply as AsyncIterable<unknown>);
    return answer === 'frames' ? accepted(context, stream) : lines(stream, parts.log);
  } catch (error) {
    end();
    throw error;
  }
}

async function* thenCall(end: () => void, stream: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } finally {
    end();
  }
}

/** @throws ProblemError where no WebSocket was asked for. */
function accepted(context: Context, frames: AsyncIterable<unknown>): Response {
  const { accept } = (context.env ?? {}) as SocketEnv;
  if (accept === undefined)
    throw problem('wrongParameters', { says: 'This is a stream: ask for it with a WebSocket.' });
  accept(frames);
  return context.body(null, 204);
}

async function askedFrom(
  context: Context,
  parts: AppParts,
  endpoint: Endpoint,
): Promise<Asked<EndpointName>> {
  const caller = callerFrom(context, endpoint, parts.callerOf);
  const params = paramsFrom(context);
  refuseBeyondRights(caller, endpoint, params);
  // Once, for all: a list of a workspace that is not there would be empty and not unknown.
  if (params['workspaceId'] !== undefined) parts.workspaceOf(params['workspaceId']);
  const query = queryFrom(context, endpoint);
  const body = await bodyFrom(context, endpoint);
  const signal = anySignal(context.req.raw.signal, parts.signal);
  return { caller, params, query, body, signal } as Asked<EndpointName>;
}
