import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Node, NodeOf, ReleaseNode } from './nodes.ts';

/** What may be done with a deployment now; menus ask for these words, never for a status. */
export const abilities = [
  'canOpen',
  'canPush',
  'canStart',
  'canStop',
  'canRestart',
  'canExplain',
  'canCopyDigest',
  'canResume',
  'canRollOut',
] as const;
export type Ability = (typeof abilities)[number];

/** Of parts of a deployment, beside those above. */
export const partAbilities = [
  'canOpenShell',
  'canRevert',
  'canCompare',
  'canVerify',
  'canStopFollowing',
] as const;

/** A node's context value: its kind, and after it what may be done with it, each a word of its own. */
export function contextValueOf(node: Node): string {
  if (node.kind === 'deployment') return ['deployment', ...abilitiesOf(node.deployment)].join(' ');
  if (node.kind === 'address') return node.address.url === undefined ? 'address' : 'address canOpen';
  if (node.kind === 'instance') return ['instance', ...instanceAbilities(node)].join(' ');
  if (node.kind === 'release') return ['release', ...releaseAbilities(node)].join(' ');
  if (node.kind === 'managedUrl') return ['managedUrl', ...urlAbilities(node)].join(' ');
  if (node.kind === 'domain') return node.domain.isVerified ? 'domain' : 'domain canVerify';
  if (node.kind === 'configMount')
    return node.follows === undefined ? 'configMount' : 'configMount canStopFollowing';
  return node.kind;
}

function urlAbilities({ url }: NodeOf<'managedUrl'>): readonly string[] {
  const open = url.address === undefined ? [] : ['canOpen'];
  return url.isConfigured ? open : [...open, 'canVerify'];
}

/** What is there already is nothing to go back to, nor is what has no image, or has it no more. */
export function canRevertTo(node: ReleaseNode): boolean {
  return canCompareWith(node) && node.release.imageRemoved !== true;
}

/** What is there already differs in nothing. What a release was stays known when its image is gone. */
export function canCompareWith({ current, release }: ReleaseNode): boolean {
  return !current && release.digest !== null;
}

function releaseAbilities(node: ReleaseNode): readonly string[] {
  const compare = canCompareWith(node) ? ['canCompare'] : [];
  return canRevertTo(node) ? ['canRevert', ...compare] : compare;
}

function instanceAbilities({ hasShell, instance }: NodeOf<'instance'>): readonly string[] {
  const shell = hasShell ? ['canOpenShell'] : [];
  return instance.reason === undefined ? shell : [...shell, 'canExplain'];
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
    canResume: deployment.pushesPaused === true,
    // Nobody tells us of pushes to another registry: there it can always be looked.
    canRollOut: deployment.newerImage !== undefined || (runs && !('repositoryId' in deployment)),
  };
  return abilities.filter((ability) => granted[ability]);
}
