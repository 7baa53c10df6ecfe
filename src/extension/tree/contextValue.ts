import type { Backend } from '../../client/backend.ts';
import type { Target } from '../../deploy/target.ts';
import type { EndpointName } from '../../protocol/endpoints.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { localId, type Connection } from '../connections/connection.ts';
import { remedyOf } from '../connections/remedies.ts';
import type { Node, NodeKind, NodeOf, ReleaseNode } from './nodes.ts';

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

/** Of connections and their regions. */
export const connectionAbilities = [
  'isLocal',
  'isElsewhere',
  'isConnected',
  'canStart',
  'canSignIn',
  'canTryAgain',
  'canReview',
  'canShowUsage',
  'canMakeTokens',
  'canCollect',
] as const;

/** What not every server does, and the endpoint that stands for it. */
const offers = {
  hasLogs: 'getLogs',
  hasEvents: 'listEvents',
  hasUrls: 'createManagedUrl',
  hasData: 'archiveVolumeData',
  hasVersions: 'listConfigMountVersions',
  canCreateSecret: 'createSecret',
  canSeal: 'rotateSealingKey',
  canAddDomain: 'addDomain',
  canEdit: 'updateManagedUrl',
} as const satisfies Readonly<Record<string, EndpointName>>;
type Offer = keyof typeof offers;
export const offerWords = Object.keys(offers) as readonly Offer[];

const offersOn: Readonly<Partial<Record<NodeKind, readonly Offer[]>>> = {
  deployment: ['hasLogs', 'hasEvents', 'hasUrls'],
  volume: ['hasData'],
  configMount: ['hasVersions'],
  secrets: ['canCreateSecret', 'canSeal'],
  domains: ['canAddDomain'],
  managedUrl: ['canEdit'],
};

/** A node's context value: its kind, what may be done with it now, and what its server does, each a word of its own. */
export function contextValueOf(node: Node, backend?: Pick<Backend, 'answers'>): string {
  const offered = (offersOn[node.kind] ?? []).filter((word) => backend?.answers(offers[word]) ?? false);
  const possible = backend?.answers('createRepository') ?? true;
  const words = wordsOf(node).filter((word) => possible || word !== 'canPush');
  return [...words, ...offered].join(' ');
}

/** A node's kind, and after it what may be done with it, each a word of its own. */
function wordsOf(node: Node): readonly string[] {
  if (node.kind === 'connection') return ['connection', ...connectionWords(node.connection)];
  if (node.kind === 'region') return ['region', whereOf(node.connection)];
  if (node.kind === 'deployment') return ['deployment', ...abilitiesOf(node.deployment)];
  if (node.kind === 'address') return node.address.url === undefined ? ['address'] : ['address', 'canOpen'];
  if (node.kind === 'instance') return ['instance', ...instanceAbilities(node)];
  if (node.kind === 'release') return ['release', ...releaseAbilities(node)];
  if (node.kind === 'pastImage') return node.canRevert ? ['pastImage', 'canRevert'] : ['pastImage'];
  if (node.kind === 'managedUrl') return ['managedUrl', ...urlAbilities(node)];
  if (node.kind === 'domain') return node.domain.isVerified ? ['domain'] : ['domain', 'canVerify'];
  if (node.kind === 'configMount')
    return node.follows === undefined ? ['configMount'] : ['configMount', 'canStopFollowing'];
  return [node.kind];
}

function whereOf({ id }: Connection): 'isLocal' | 'isElsewhere' {
  return id === localId ? 'isLocal' : 'isElsewhere';
}

const remedyWords: Readonly<Partial<Record<string, (typeof connectionAbilities)[number]>>> = {
  'patr.region.start': 'canStart',
  'patr.account.signIn': 'canSignIn',
  'patr.connection.tryAgain': 'canTryAgain',
  'patr.connection.reviewCertificate': 'canReview',
};

function connectionWords(connection: Connection): readonly string[] {
  const state = connection.state();
  const remedy = remedyWords[remedyOf(state)?.command ?? ''];
  const more = state.kind === 'connected' ? ['isConnected', ...offered(state.target)] : [];
  return [whereOf(connection), ...(remedy === undefined ? more : [remedy])];
}

/** What not every server can do. */
function offered({ backend }: Target): readonly string[] {
  const granted = {
    canShowUsage: backend.answers('getRegistryUsage'),
    canMakeTokens: backend.answers('createApiToken'),
    canCollect: backend.answers('collectRegistry'),
  };
  return connectionAbilities.filter((word) => word in granted && granted[word as keyof typeof granted]);
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
