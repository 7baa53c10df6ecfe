import type { FieldProblem } from '../../protocol/problems.ts';
import type { AfterConfigChange } from '../../protocol/shapes/configMount.ts';
import type { PortType } from '../../protocol/shapes/deployment.ts';
import type { Deployment } from '../domain.ts';
import type { ConfigWrite } from '../state/configMounts.ts';
import type { Publish, Store } from '../state/store.ts';
import type { Caller } from './handler.ts';
import type { ApiParts } from './parts.ts';

/** Config mounts as Patr's own endpoints carry them: Base64 by name. */
export function writesOf(configMounts: Readonly<Record<string, string>>): readonly ConfigWrite[] {
  return Object.entries(configMounts).map(([name, content]) => ({
    name,
    content: Buffer.from(content, 'base64'),
  }));
}

/** The same, by name. */
export function byName(configMounts: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> {
  return new Map(writesOf(configMounts).flatMap(({ name, content = Buffer.alloc(0) }) => [[name, content]]));
}

/** What has to be written for the config mounts to be these and no others. */
export function writesBetween(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
): readonly ConfigWrite[] {
  const gone = Array.from(before.keys()).filter((name) => !after.has(name));
  const changed = Array.from(after).filter(([name, content]) => before.get(name)?.equals(content) !== true);
  return [
    ...gone.map((name) => ({ name, content: undefined })),
    ...changed.map(([name, content]) => ({ name, content })),
  ];
}

/** Who changes something, as it is kept in a history: the user's name, and the token that was shown. */
export function whoIs({ identity, apiTokens }: Store, caller: Caller | undefined): string | undefined {
  if (caller === undefined) return undefined;
  const user = identity.user()?.username;
  const token = apiTokens.find(caller.loginId)?.name;
  return user === undefined || token === undefined ? (user ?? token) : `${user} (${token})`;
}

/** A POST can only go to a port that speaks HTTP. */
export function afterConfigBreaches(
  after: AfterConfigChange | undefined,
  ports: Readonly<Record<string, PortType>>,
): readonly FieldProblem[] {
  if (after?.kind !== 'post' || ports[String(after.port)] === 'http') return [];
  return [{ field: 'afterConfigChange.port', message: 'must be one of the exposed http ports' }];
}

/**
 * Whether new instances have to take over for a change: because those that run have no /etc/config, or because the
 * deployment restarts after every change.
 */
export function configRollsOut(
  { configMounts }: Store,
  { id, intent, afterConfigChange }: Deployment,
  writes: readonly ConfigWrite[],
): boolean {
  if (intent !== 'running' || writes.length === 0) return false;
  return afterConfigChange.kind === 'restart' || !configMounts.some(id);
}

export interface ConfigChangeNoted {
  readonly writes: readonly ConfigWrite[];
  readonly who: string | undefined;
  readonly rollsOut: boolean;
}

/** Notes the next generation, if anything changes. The caller holds the transaction, and notes the wish. */
export function writeConfig(
  { store, notary }: ApiParts,
  publish: Publish,
  { id }: Deployment,
  { writes, who, rollsOut }: ConfigChangeNoted,
): void {
  if (writes.length === 0) return;
  const at = notary.now();
  const generation = store.configMounts.write(id, writes, { at, who, rollsOut });
  const names = writes.map(({ name, content }) => (content === undefined ? `${name} (deleted)` : name));
  const message = `Config mounts changed${who === undefined ? '' : ` by ${who}`}: ${names.join(', ')}. It is generation ${generation}.`;
  // A row of saves is one event: each of them is in the history of its file.
  store.events.appendAsOne({
    deploymentId: id,
    at,
    kind: 'configChanged',
    message,
    releaseNumber: undefined,
  });
  publish({ kind: 'outcome', deploymentId: id });
}
