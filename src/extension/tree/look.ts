import type { DeploymentStatus } from '../../protocol/shapes/deployment.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { InstanceInfo, InstanceState } from '../../protocol/shapes/release.ts';

/** A codicon and the theme's colour for it. */
export interface Look {
  readonly icon: string;
  readonly color?: string;
  /** How a person says it. */
  readonly words: string;
}

export const deploymentLooks: Readonly<Record<DeploymentStatus, Look>> = {
  created: { icon: 'circle-outline', words: 'created, not started' },
  deploying: { icon: 'sync', color: 'charts.yellow', words: 'deploying' },
  running: { icon: 'pass-filled', color: 'charts.green', words: 'running' },
  stopped: { icon: 'circle-slash', color: 'disabledForeground', words: 'stopped' },
  errored: { icon: 'error', color: 'charts.red', words: 'errored' },
  unreachable: { icon: 'debug-disconnect', color: 'charts.red', words: 'unreachable' },
  unknown: { icon: 'question', words: 'in a state that this version does not know' },
};

/** Running, but something about it is not well. */
export const ailingLook: Look = { icon: 'warning', color: 'charts.yellow', words: 'running, with a problem' };

export const instanceLooks: Readonly<Record<InstanceState | 'unknown', Look>> = {
  starting: { icon: 'sync', color: 'charts.yellow', words: 'starting' },
  ready: { icon: 'vm-active', color: 'charts.green', words: 'ready' },
  unready: { icon: 'vm-outline', color: 'charts.red', words: 'not ready' },
  draining: { icon: 'vm-outline', color: 'charts.yellow', words: 'draining' },
  backingOff: { icon: 'error', color: 'charts.red', words: 'failed, is started again after a while' },
  stopped: { icon: 'circle-slash', color: 'disabledForeground', words: 'stopped' },
  unknown: { icon: 'question', words: 'in a state that this version does not know' },
};

export function lookOf(deployment: Deployment): Look {
  if (deployment.status === 'running' && deployment.reason !== undefined) return ailingLook;
  return statusLook(deployment);
}

/** A status that nobody here knows is said as the server says it. */
function statusLook({ status, statusWord }: Deployment): Look {
  const look = deploymentLooks[status];
  return status === 'unknown' && statusWord !== undefined ? { ...look, words: statusWord } : look;
}

/** Whether there is nothing that a person should look after. */
export function isWell({ status, reason }: Deployment): boolean {
  return status !== 'errored' && status !== 'unreachable' && !(status === 'running' && reason !== undefined);
}

/** What stands behind a deployment's name: "2/3 ready · v14". */
export function describeDeployment(deployment: Deployment): string {
  const { status, instances, liveRelease, rollingRelease } = deployment;
  const count =
    instances === undefined || instances.wanted === 0 ? '' : `${instances.ready}/${instances.wanted} ready`;
  const version = liveRelease === undefined ? '' : `v${liveRelease}`;
  const rolling = rollingRelease === undefined ? '' : `v${rollingRelease} is rolling out`;
  const quiet = status === 'running' || status === 'deploying';
  const word = quiet && count !== '' ? '' : statusLook(deployment).words;
  const paused = deployment.pushesPaused === true ? 'pushes paused' : '';
  const newer = deployment.newerImage === undefined ? '' : 'newer image';
  return [word, count, rolling === '' ? version : rolling, paused, newer]
    .filter((part) => part !== '')
    .join(' · ');
}

export function describeInstance(instance: InstanceInfo): string {
  const restarts = instance.restarts === 0 ? '' : restartWords(instance.restarts);
  return [instanceLooks[instance.state].words, `v${instance.release}`, restarts]
    .filter((part) => part !== '')
    .join(' · ');
}

function restartWords(restarts: number): string {
  return restarts === 1 ? '1 restart' : `${restarts} restarts`;
}
