import type { Target } from '../../deploy/target.ts';
import type { DeploymentInfo, Reason } from '../../protocol/shapes/deployment.ts';

/** What mends a deployment that is not well. */
export interface Fix {
  readonly label: string;
  /** @throws the client's errors. */
  readonly apply: (target: Target, deploymentId: string) => Promise<void>;
}

/** What would mend it; undefined where only the person can know. */
export function fixOf(reason: Reason | undefined): Fix | undefined {
  const [elsewhere] = reason?.listening ?? [];
  const port = reason?.port;
  if (reason?.code !== 'portNotListening' || elsewhere === undefined || port === undefined) return undefined;
  return {
    label: `Change the port to ${elsewhere}`,
    apply: (target, deploymentId) => changePort(target, deploymentId, port, elsewhere),
  };
}

async function changePort(
  { api, workspaceId }: Target,
  deploymentId: string,
  from: number,
  to: number,
): Promise<void> {
  const params = { workspaceId, deploymentId };
  const { ports, startupProbe, livenessProbe, revision } = await api.getDeployment({ params });
  const { [String(from)]: type = 'http', ...others } = ports;
  const moved = (probe: DeploymentInfo['startupProbe']) =>
    probe === null || probe === undefined
      ? { port: 0 as const, path: '/' }
      : { ...probe, port: probe.port === from ? to : probe.port };
  await api.updateDeployment({
    params,
    body: {
      ports: { ...others, [String(to)]: type },
      startupProbe: moved(startupProbe),
      livenessProbe: moved(livenessProbe),
      ...(revision === undefined ? {} : { ifRevision: revision }),
    },
  });
}
