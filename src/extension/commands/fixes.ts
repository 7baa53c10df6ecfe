import { commands, Range, window } from 'vscode';
import type { Deployment, Reason } from '../../protocol/shapes/deployment.ts';
import { formatBytes } from '../../base/formatBytes.ts';
import type { Action } from '../notify.ts';
import type { CommandId } from '../ids.ts';
import { memoryBytes, nextLarger } from '../machineTypes.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { change, detailsNow } from './change.ts';
import { targetOf, type CommandContext } from './context.ts';
import { fixOf } from './fix.ts';

/** What mends a deployment, as buttons; the likeliest first. */
export async function fixesFor(
  context: CommandContext,
  deployment: Deployment,
  reason: Reason,
): Promise<readonly Action[]> {
  const { code } = reason;
  const line = goToLine(context, deployment.id);
  if (code === 'outOfMemory') return [...(await largerMachine(context, deployment)), ...line];
  const command = commandFixes[code];
  // Of a server elsewhere nobody here has the log.
  const elsewhere = command === showLog && context.model !== context.models.local;
  const others = command === undefined || elsewhere ? [] : [runs(command, deployment)];
  return [...ownFix(context, deployment.id, reason), ...line, ...others];
}

interface CommandFix {
  readonly label: string;
  readonly command: CommandId;
}

const push: CommandFix = { label: 'Build and push', command: 'patr.deployment.push' };
const restart: CommandFix = { label: 'Restart', command: 'patr.deployment.restart' };
const showLog: CommandFix = { label: "The control plane's log", command: 'patr.region.showLog' };

/** What another command mends. Undefined: only a person can tell, from the reason and the output. */
const commandFixes: Readonly<Record<Reason['code'], CommandFix | undefined>> = {
  imageNotFound: push,
  pullDenied: undefined,
  pullFailed: restart,
  platformMismatch: push,
  exited: undefined,
  cannotStart: undefined,
  outOfMemory: undefined,
  portNotListening: undefined,
  probeFailed: undefined,
  notReadyInTime: undefined,
  crashLoop: undefined,
  dependencyDown: restart,
  noRoom: undefined,
  portTaken: restart,
  secretMissing: undefined,
  engineUnreachable: showLog,
  engineFailed: showLog,
  unknown: undefined,
};

function runs({ label, command }: CommandFix, deployment: Deployment): Action {
  const node: DeploymentNode = { kind: 'deployment', id: '', deployment };
  return { label, run: () => commands.executeCommand(command, node) };
}

/** The line of the workspace that the stack trace names. */
function goToLine({ crashes }: CommandContext, deploymentId: string): readonly Action[] {
  const place = crashes.placeOf(deploymentId);
  if (place === undefined) return [];
  const selection = new Range(place.line, place.column ?? 0, place.line, place.column ?? 0);
  return [{ label: 'Go to the line', run: () => window.showTextDocument(place.uri, { selection }) }];
}

/** What the deployment's own panel offers as well. */
function ownFix(context: CommandContext, deploymentId: string, reason: Reason): readonly Action[] {
  const fix = fixOf(reason);
  if (fix === undefined) return [];
  const run = async (): Promise<void> => {
    await fix.apply(await targetOf(context), deploymentId);
    await context.model.reload(deploymentId);
  };
  return [{ label: fix.label, run: () => context.prompts.busy(run) }];
}

/** The next larger machine type, where there is one. */
async function largerMachine(context: CommandContext, deployment: Deployment): Promise<readonly Action[]> {
  const { api, workspaceId } = await targetOf(context);
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } });
  const next = nextLarger(machineTypes, deployment.machineType);
  if (next === undefined) return [];
  const run = async (): Promise<void> => {
    const details = await detailsNow(context, deployment.id);
    await change(context, details, { machineType: next.id });
  };
  return [{ label: `Give it ${formatBytes(memoryBytes(next))} of memory`, run }];
}
