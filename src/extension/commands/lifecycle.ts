import type { Ability } from '../tree/contextValue.ts';
import { abilitiesOf } from '../tree/contextValue.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import type { Api } from '../../client/client.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';

interface Verb {
  readonly ability: Ability;
  readonly question: string;
  readonly call: (
    api: Pick<Api, 'startDeployment' | 'stopDeployment'>,
    params: { workspaceId: string; deploymentId: string },
  ) => Promise<unknown>;
}

const verbs = {
  start: {
    ability: 'canStart',
    question: 'Start a deployment',
    call: (api, params) => api.startDeployment({ params, query: { forceRestart: false } }),
  },
  stop: {
    ability: 'canStop',
    question: 'Stop a deployment',
    call: (api, params) => api.stopDeployment({ params }),
  },
  restart: {
    ability: 'canRestart',
    question: 'Restart a deployment',
    call: (api, params) => api.startDeployment({ params, query: { forceRestart: true } }),
  },
} as const satisfies Record<string, Verb>;

/** Starts, stops or restarts a deployment. What comes of it is seen in the tree. */
export async function lifecycleCommand(
  context: CommandContext,
  name: keyof typeof verbs,
  node: DeploymentNode | undefined,
): Promise<void> {
  const { ability, question, call } = verbs[name];
  const fits = (one: Deployment): boolean => abilitiesOf(one).includes(ability);
  const chosen = await chooseDeployment(context, node, fits, question, { alwaysAsk: name !== 'start' });
  if (chosen === undefined) return;
  const target = await targetOf(context);
  await context.prompts.busy(async () => {
    await call(target.api, { workspaceId: target.workspaceId, deploymentId: chosen.id });
    await context.model.reload(chosen.id);
  });
}
