import type { Target } from '../../deploy/target.ts';
import { awayWords } from '../connections/awayWords.ts';
import { localId } from '../connections/connection.ts';
import type { LocalConnection } from '../connections/localConnection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { ProgressReport } from '../prompts.ts';
import { regionWords } from './regionWords.ts';

/** The server that something is about to be made on. The local region is started for it. @throws where it is away. */
export async function reach(
  local: Pick<LocalConnection, 'start'>,
  model: DeploymentsModel,
  report: ProgressReport,
  signal: AbortSignal,
): Promise<Target> {
  const { connection } = model;
  if (connection.id === localId)
    return local.start((progress) => report({ message: `${regionWords(progress)}…` }), signal);
  if (model.target() === undefined) await connection.look(signal);
  const target = model.target();
  if (target === undefined) throw new Error(`${connection.label}: ${awayWords(connection.state())}`);
  return target;
}
