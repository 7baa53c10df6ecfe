import { StatusBarAlignment, ThemeColor, window } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Deployment } from '../protocol/shapes/deployment.ts';
import type { DeployMemory } from './deploy/memory.ts';
import type { Models } from './model/models.ts';
import { describeDeployment, isWell, lookOf } from './tree/look.ts';

/** One entry for the workspace's deployments: nothing is shown where there is none. */
export function statusBar(models: Models, memory: DeployMemory): DisposableStore {
  const held = new DisposableStore();
  const item = held.add(window.createStatusBarItem('patr.status', StatusBarAlignment.Left, 10));
  item.name = 'Patr deployment';
  item.command = 'patr.status.pick';
  const update = (): void => {
    const own = Array.from(new Set(memory.deploymentIds()));
    const deployments = own.flatMap((id) => models.get(id) ?? []);
    const [worst] = deployments.toSorted((a, b) => urgency(b) - urgency(a));
    if (worst === undefined) {
      item.hide();
      return;
    }
    const { icon, words } = lookOf(worst);
    const others = deployments.length === 1 ? '' : ` +${deployments.length - 1}`;
    const paused = worst.pushesPaused === true ? ' $(debug-pause)' : '';
    item.text = `$(${icon}) ${worst.name}${others}${paused}`;
    item.tooltip = `Patr: ${worst.name} is ${words}. ${describeDeployment(worst)}`;
    item.accessibilityInformation = {
      label: `Deployment ${worst.name} is ${words}, ${describeDeployment(worst)}`,
    };
    item.backgroundColor =
      worst.status === 'errored' ? new ThemeColor('statusBarItem.errorBackground') : undefined;
    item.show();
  };
  held.add(models.onChange(update));
  update();
  return held;
}

function urgency(deployment: Deployment): number {
  const { status } = deployment;
  if (!isWell(deployment)) return status === 'running' ? 2 : 3;
  return status === 'deploying' ? 1 : 0;
}
