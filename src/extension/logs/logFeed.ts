import { rest, systemClock } from '../../base/clock.ts';
import { followLogsForEver, LogTrouble, type LogNews, type LogWish } from '../../client/followLogs.ts';
import type { Target } from '../../deploy/target.ts';
import { isProblem } from '../../protocol/problems.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import type { DeploymentsModel } from '../model/deployments.ts';

/** Lines of a page. */
export const pageLines = 500;
/** The least between two tries to read the first page, in milliseconds. */
const againMs = 1000;

export type LogModel = Pick<DeploymentsModel, 'target'>;

/** Who is asked now. @throws when the server is not connected. */
export function serverOf(model: LogModel): Target {
  const target = model.target();
  if (target === undefined) throw new Error('The server is not connected.');
  return target;
}

/**
 * Tells the newest lines of a deployment, oldest first, and those that come, until the signal fires or the deployment is
 * deleted.
 */
export async function followDeployment(
  model: LogModel,
  wish: LogWish,
  tell: (news: LogNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const newest = await firstPage(model, wish, tell, signal);
  if (newest === undefined) return;
  if (newest.length > 0) tell({ kind: 'lines', lines: newest.toReversed() });
  const how = { clock: systemClock, chance: Math.random, signal };
  await followLogsForEver(() => serverOf(model), wish, newest, tell, how);
}

/** Newest first; tried again until there is an answer. Undefined when the signal fired, and when there is none to come. */
async function firstPage(
  model: LogModel,
  { deploymentId, ...filter }: LogWish,
  tell: (news: LogNews) => void,
  signal: AbortSignal,
): Promise<readonly LogLine[] | undefined> {
  const trouble = new LogTrouble(tell);
  while (!signal.aborted) {
    try {
      const { api, workspaceId } = serverOf(model);
      const query = { ...filter, limit: pageLines };
      const { logs } = await api.getLogs({ params: { workspaceId, deploymentId }, query }, { signal });
      trouble.over();
      return logs;
    } catch (error) {
      if (signal.aborted || trouble.met(error) === 'last') return undefined;
      // What cannot be understood is not understood the next time either.
      if (isProblem(error, 'wrongParameters')) return undefined;
    }
    await rest(systemClock, trouble.wait(againMs, Math.random), signal);
  }
  return undefined;
}
