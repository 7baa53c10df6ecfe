import { ThemeIcon, window } from 'vscode';
import type { Shell } from '../../docker/engine.ts';
import { instanceLabel } from '../../local/names.ts';
import { ShellTerminal } from '../shell/shellTerminal.ts';
import type { InstanceNode } from '../tree/nodes.ts';
import { runs } from '../tree/parts.ts';
import type { CommandContext } from './context.ts';
import { instanceMeant } from './meant.ts';

/** Of the terminal until it is shown and says its own. */
const usualSize = { columns: 80, rows: 24 };

const refusals: Readonly<Record<Exclude<Awaited<ReturnType<typeof openOn>>, Shell>, string>> = {
  absent: 'is gone: it was replaced in the meantime. Open a shell in another instance.',
  notRunning: 'does not run right now, so there is nothing to open a shell in. Its logs say why.',
  noShell: 'has no shell: its image contains no sh. Look at its logs, or build an image with one.',
};

/** Opens a terminal with a shell in an instance. */
export async function openShellCommand(
  context: CommandContext,
  node: InstanceNode | undefined,
): Promise<void> {
  const { connection } = context.model;
  if (!connection.hasShells)
    throw new Error(
      `Instances of ${connection.label} do not run on this machine's engine, so no shell can be opened in them. Look at their logs.`,
    );
  const meant = await instanceMeant(context, node, { question: 'Open a shell', fits: runs });
  if (meant === undefined) return;
  const { name, deploymentId } = meant;
  const shell = await context.prompts.progress(`Opening a shell in ${name}`, (_, signal) =>
    openOn(context, meant.id, signal),
  );
  if (typeof shell === 'string') throw new Error(`${name} ${refusals[shell]}`);
  const deployment = context.model.get(deploymentId)?.name ?? '';
  const pty = new ShellTerminal(shell, (error) => void context.notify.problem(error));
  const terminal = window.createTerminal({
    name: `${deployment} · ${name}`,
    pty,
    iconPath: new ThemeIcon('vm-active'),
    isTransient: true,
  });
  terminal.show();
}

async function openOn({ local }: CommandContext, instanceId: string, signal: AbortSignal) {
  const { engine } = await local.host();
  const [container] = await engine.listContainers({ labels: { [instanceLabel]: instanceId } }, { signal });
  return container === undefined ? 'absent' : engine.openShell(container.id, usualSize, { signal });
}
