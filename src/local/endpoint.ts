import * as v from 'valibot';
import { createClient, type Api } from '../client/client.ts';
import type { ContainerRecord } from '../docker/engine.ts';
import { decode } from '../protocol/decode.ts';
import type { LocalEndpoint } from './contract.ts';
import { portLabel, stateFolder, versionLabel } from './names.ts';
import type { LocalHostParts, Waiting } from './parts.ts';

/** What the control plane writes down about itself, as far as it is needed of containers that bear no port. */
const endpointFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ url: v.pipe(v.string(), v.url()), version: v.string() }),
);

/**
 * Where a control plane answers when it does; absent while it has no token yet. Its container says at which port: what
 * is written in the state volume may be from one before it, whose port somebody else has by now.
 */
export async function endpointOf(
  { engine }: LocalHostParts,
  record: ContainerRecord,
  waiting: Waiting,
): Promise<LocalEndpoint | undefined> {
  const [file, token] = await Promise.all([
    engine.readFile(record.id, `${stateFolder}/endpoint.json`, waiting),
    engine.readFile(record.id, `${stateFolder}/token`, waiting),
  ]);
  const written = file === 'absent' ? undefined : read(file);
  const port = record.labels[portLabel] ?? written?.port;
  if (port === undefined || token === 'absent') return undefined;
  return {
    // Inside it may have another address; on the engine's host it is loopback in every placement.
    url: `http://127.0.0.1:${port}`,
    token: token.toString('utf8').trim(),
    version: record.labels[versionLabel] ?? written?.version ?? 'an unknown version',
  };
}

function read(file: Buffer): { readonly port: string; readonly version: string } | undefined {
  const decoded = decode(endpointFile, file.toString('utf8'));
  if (!decoded.ok) return undefined;
  return { port: new URL(decoded.value.url).port, version: decoded.value.version };
}

/** A client for short questions. */
export function apiOf({ fetch, clock, userAgent }: LocalHostParts, endpoint: LocalEndpoint): Api {
  const { url, token } = endpoint;
  return createClient({ url, token, fetch, clock, userAgent, chance: () => 0.5, timeoutMs: 5000 });
}
