import { commands } from 'vscode';
import { isTokenRefused } from './accounts/refusedToken.ts';
import { localId } from './connections/connection.ts';
import { remedyOf } from './connections/remedies.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import type { Action } from './notify.ts';

/** A token that is refused is found out about by whoever asks for something: the connection is told. */
export async function lookIfRefused(model: DeploymentsModel | undefined, error: unknown): Promise<void> {
  if (isTokenRefused(error)) await model?.connection.look();
}

/** What to do about something that failed: mend the connection where that is what is wrong, or try again. */
export async function retryAfter(
  model: DeploymentsModel,
  error: unknown,
  again: () => Promise<void>,
): Promise<Action> {
  await lookIfRefused(model, error);
  const { connection } = model;
  // The local region says itself how it is started, where it is missing.
  const remedy = connection.id === localId ? undefined : remedyOf(connection.state());
  if (remedy === undefined) return { label: 'Try again', run: again };
  return { label: remedy.label, run: () => commands.executeCommand(remedy.command, { connection }) };
}
