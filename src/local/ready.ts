import { describeError } from '../base/log.ts';
import type { ContainerRecord } from '../docker/engine.ts';
import { LocalHostError, type LocalEndpoint } from './contract.ts';
import { apiOf, endpointOf } from './endpoint.ts';
import { containerName } from './names.ts';
import { lines } from './output.ts';
import type { LocalHostParts, OnProgress, Waiting } from './parts.ts';

/** How long a control plane may take until it answers and its region is up, in milliseconds. */
const readyWithinMs = 90_000;
/** How long it may be away: another window may be replacing it. */
const awayWithinMs = 10_000;
/** The engine starts it again when it ends; this often says that it will not come up. */
const mostRestarts = 3;
const lookEveryMs = 100;

/** Waits until it answers and its region is up. @throws LocalHostError with its last lines when it does not. */
export async function untilReady(
  parts: LocalHostParts,
  onProgress: OnProgress,
  waiting: Waiting,
): Promise<LocalEndpoint> {
  const { clock, engine, settings } = parts;
  const began = clock.now();
  let seenAt = began;
  let restarts: number | undefined;
  let message = 'it does not answer';
  while (clock.now() - began < readyWithinMs) {
    const record = await engine.inspectContainer(containerName(settings.name), waiting);
    if (record !== 'absent' && record.state !== 'exited') seenAt = clock.now();
    if (clock.now() - seenAt > awayWithinMs) throw await failure(parts, 'it was stopped or removed.');
    const looked = record === 'absent' ? message : await look(parts, record, waiting);
    if (typeof looked !== 'string') {
      onProgress({ kind: 'ready', endpoint: looked });
      return looked;
    }
    message = looked;
    const count = record === 'absent' ? 0 : (record.restartCount ?? 0);
    restarts ??= count;
    if (count - restarts >= mostRestarts) throw await failure(parts, 'it ends as soon as it is started.');
    await clock.sleep(lookEveryMs, waiting.signal);
  }
  throw await failure(parts, message);
}

/** Where it answers, or why it is not up yet. */
async function look(
  parts: LocalHostParts,
  record: ContainerRecord,
  waiting: Waiting,
): Promise<LocalEndpoint | string> {
  const endpoint = await endpointOf(parts, record, waiting);
  if (endpoint === undefined) return 'it does not answer';
  try {
    const api = apiOf(parts, endpoint);
    const { workspaces } = await api.listWorkspaces(undefined, waiting);
    const [workspace] = workspaces;
    if (workspace === undefined) return 'it has no workspace';
    const { runners } = await api.listRunners({ params: { workspaceId: workspace.id } }, waiting);
    const [region] = runners;
    return region?.connected === true ? endpoint : (region?.message ?? 'the region is starting');
  } catch (error) {
    waiting.signal?.throwIfAborted();
    return describeError(error);
  }
}

async function failure(parts: LocalHostParts, why: string): Promise<LocalHostError> {
  const output = await lastLines(parts);
  const see = output.length === 0 ? '' : ' Its output says more.';
  return new LocalHostError(`The control plane did not come up: ${why}${see}`, output);
}

async function lastLines({ engine, settings }: LocalHostParts): Promise<string[]> {
  const signal = AbortSignal.timeout(5000);
  try {
    const wanted = { follow: false, tail: 20 };
    return await Array.fromAsync(lines(engine.logs(containerName(settings.name), wanted, { signal })));
  } catch (error) {
    return [`(its output cannot be read: ${describeError(error)})`];
  }
}
