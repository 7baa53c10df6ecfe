import { isProblem } from '../protocol/problems.ts';
import type { Connection } from './connection.ts';
import { createClient, type Api, type CallOptions } from './client.ts';
import { NotOffered, notOffered, whereTo } from './errors.ts';
import { ownBackend, registryOf, type Backend } from './backend.ts';
import { careful } from './generations/careful.ts';
import { currentDialect } from './generations/current.ts';
import { ownDialect, type Dialect } from './generations/dialect.ts';
import { legacyDialect } from './generations/legacy.ts';
import { rewriteDialect } from './generations/rewrite.ts';

/** A server that was asked what it is, and a client that speaks its words. */
export interface Server {
  readonly api: Api;
  readonly backend: Backend;
}

/**
 * Asks a server what it is, by reads alone. One that does not know the question is Patr itself; which generation is
 * told by what it has mounted. @throws as every call does, such as for a token that it refuses.
 */
export async function openServer(connection: Connection, options: CallOptions = {}): Promise<Server> {
  const own = createClient(connection, ownDialect);
  const info = await unlessNotOffered(own.getServerInfo(undefined, options));
  if (info !== undefined) return { api: own, backend: ownBackend(info, connection) };
  const dialect = await recognise(connection, options);
  return {
    api: careful(createClient(connection, dialect), dialect),
    backend: backendOf(connection, dialect),
  };
}

async function recognise(connection: Connection, options: CallOptions): Promise<Dialect> {
  const ask = createClient(connection, currentDialect);
  const { workspaces } = await ask.listWorkspaces(undefined, options);
  const [workspace] = workspaces;
  // Without a workspace there is nothing that could be asked otherwise.
  if (workspace === undefined) return currentDialect;
  const first = { params: { workspaceId: workspace.id }, query: { count: 1, page: 0 } };
  if (await isMounted(ask.listRepositories(first, options))) return currentDialect;
  if (await isMounted(ask.listDeployments(first, options))) return rewriteDialect;
  const legacy = createClient(connection, legacyDialect);
  if (await isMounted(legacy.listDeployments(first, options))) return legacyDialect;
  throw notOffered(whereTo(connection.url));
}

/** A token without the right to look is refused by what is there. */
async function isMounted(answer: Promise<unknown>): Promise<boolean> {
  try {
    return (await unlessNotOffered(answer)) !== undefined;
  } catch (error) {
    if (isProblem(error, 'unauthorized')) return true;
    throw error;
  }
}

async function unlessNotOffered<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotOffered) return undefined;
    throw error;
  }
}

function backendOf(connection: Connection, dialect: Dialect): Backend {
  return {
    product: 'Patr',
    version: undefined,
    generation: dialect.generation,
    registry: registryOf(connection),
    offers: () => false,
    answers: (name) => dialect.has(name),
  };
}
