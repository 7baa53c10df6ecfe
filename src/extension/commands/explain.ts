import { abilitiesOf } from '../tree/contextValue.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';

/** Why a deployment is not well, with the lines that show it and, where there is one, the fix as a button. */
export async function explainCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(
    context,
    node,
    (one) => abilitiesOf(one).includes('canExplain'),
    'Explain',
  );
  const reason = chosen?.reason;
  if (chosen === undefined || reason === undefined) return;
  const { notify, output, showLogs } = context;
  output.append([`${chosen.name}: ${reason.message}`, ...(reason.lines ?? [])].join('\n'));
  const [elsewhere] = reason.listening ?? [];
  const wrongPort =
    reason.code === 'portNotListening' && elsewhere !== undefined && reason.port !== undefined;
  const fix = wrongPort
    ? [
        {
          label: `Change the port to ${elsewhere}`,
          run: () => changePort(context, chosen.id, reason.port ?? 0, elsewhere),
        },
      ]
    : [];
  const logs = { label: 'Logs', run: () => showLogs(chosen.id) };
  await notify.unhealthy(`${chosen.name}: ${reason.message}`, [...fix, logs]);
}

async function changePort(
  context: CommandContext,
  deploymentId: string,
  from: number,
  to: number,
): Promise<void> {
  const target = await targetOf(context);
  const params = { workspaceId: target.workspaceId, deploymentId };
  const { ports, startupProbe, livenessProbe } = await target.api.getDeployment({ params });
  const { [String(from)]: type = 'http', ...others } = ports;
  const moved = (probe: typeof startupProbe) =>
    probe === null || probe === undefined
      ? { port: 0 as const, path: '/' }
      : { ...probe, port: probe.port === from ? to : probe.port };
  await target.api.updateDeployment({
    params,
    body: {
      ports: { ...others, [String(to)]: type },
      startupProbe: moved(startupProbe),
      livenessProbe: moved(livenessProbe),
    },
  });
  await context.model.reload(deploymentId);
}
