import { commands } from 'vscode';
import { describeError } from '../../base/log.ts';
import { awayWords } from '../connections/awayWords.ts';
import { remedyOf, tryAgain } from '../connections/remedies.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { lookIfRefused } from '../retry.ts';

/** What a panel says while nobody answers; `helps`: what is on the button that mends it. */
export interface Away {
  readonly kind: 'away';
  readonly message: string;
  readonly helps?: string;
}

/** How it is with a connection on which nobody answers; undefined: with one that is not there any more. */
export function awayNow(model: DeploymentsModel | undefined): Away {
  const state = model?.connection.state();
  const remedy = remedyOf(state);
  const message = awayWords(state);
  // Every panel offers to look again.
  return remedy === undefined || remedy === tryAgain
    ? { kind: 'away', message }
    : { kind: 'away', message, helps: remedy.label };
}

/** What could not be read. Where the token is refused, that is how it is with the connection from now on. */
export async function awayAfter(model: DeploymentsModel | undefined, error: unknown): Promise<Away> {
  await lookIfRefused(model, error);
  return model?.target() === undefined ? awayNow(model) : { kind: 'away', message: describeError(error) };
}

/** Does what is on the button. */
export async function help(model: DeploymentsModel | undefined, connectionId: string): Promise<null> {
  const remedy = remedyOf(model?.connection.state());
  if (remedy !== undefined)
    await commands.executeCommand(remedy.command, { connection: { id: connectionId } });
  return null;
}
