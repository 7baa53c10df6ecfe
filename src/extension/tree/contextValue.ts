import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Node } from './nodes.ts';

/** What may be done with a deployment now; menus ask for these words, never for a status. */
export const abilities = [
  'canOpen',
  'canPush',
  'canStart',
  'canStop',
  'canRestart',
  'canExplain',
  'canCopyDigest',
] as const;
export type Ability = (typeof abilities)[number];

/** Of parts of a deployment, beside those above. */
export const partAbilities = ['canOpenShell'] as const;

/** A node's context value: its kind, and after it what may be done with it, each a word of its own. */
export function contextValueOf(node: Node): string {
  if (node.kind === 'deployment') return ['deployment', ...abilitiesOf(node.deployment)].join(' ');
  if (node.kind === 'address') return node.address.url === undefined ? 'address' : 'address canOpen';
  if (node.kind === 'instance') return node.hasShell ? 'instance canOpenShell' : 'instance';
  return node.kind;
}

export function abilitiesOf(deployment: Deployment): readonly Ability[] {
  const { status } = deployment;
  const hasUrl = deployment.addresses?.some(({ url }) => url !== undefined) ?? true;
  const runs =
    status === 'running' || status === 'deploying' || status === 'errored' || status === 'unreachable';
  const granted: Readonly<Record<Ability, boolean>> = {
    canOpen: hasUrl && (status === 'running' || status === 'deploying'),
    canPush: 'repositoryId' in deployment,
    canStart: status === 'stopped' || status === 'created',
    canStop: runs,
    canRestart: runs,
    canExplain: deployment.reason !== undefined,
    canCopyDigest: deployment.currentLiveDigest !== null,
  };
  return abilities.filter((ability) => granted[ability]);
}
