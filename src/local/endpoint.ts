import * as v from 'valibot';
import { createClient, type Api } from '../client/client.ts';
import type { ContainerRecord } from '../docker/engine.ts';
import { decode } from '../protocol/decode.ts';
import type { LocalEndpoint } from './contract.ts';
import { stateFolder, versionLabel } from './names.ts';
import type { LocalHostParts, Waiting } from './parts.ts';

/** What the control plane writes down about itself. */
const endpointFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ url: v.pipe(v.string(), v.url()), version: v.string() }),
);

/**
 * Where a control plane says in its state volume that it answers; absent until it has. What one before it wrote may
 * still be there: whether it answers has to be asked.
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
  if (file === 'absent' || token === 'absent') return undefined;
  const decoded = decode(endpointFile, file.toString('utf8'));
  if (!decoded.ok) return undefined;
  const { url, version } = decoded.value;
  return {
    // Inside it may have another address; on the engine's host it is loopback in every placement.
    url: `http://127.0.0.1:${new URL(url).port}`,
    token: token.toString('utf8').trim(),
    version: record.labels[versionLabel] ?? version,
  };
}

/** A client for short questions. */
export function apiOf({ fetch, clock, userAgent }: LocalHostParts, endpoint: LocalEndpoint): Api {
  const { url, token } = endpoint;
  return createClient({ url, token, fetch, clock, userAgent, chance: () => 0.5, timeoutMs: 5000 });
}
