import { commands } from 'vscode';
import { Unreachable } from '../../client/errors.ts';
import { JourneyError } from '../../deploy/errors.ts';
import type { Target } from '../../deploy/target.ts';
import { canonicalRegistry } from '../../protocol/shapes/registry.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { isProblem } from '../../protocol/problems.ts';
import { back } from '../prompts.ts';
import { collectedWords } from '../registryWords.ts';
import { offering, targetOf, type CommandContext } from './context.ts';

/** What the registry takes on the disk, as a document. */
export async function showUsageCommand(context: CommandContext): Promise<void> {
  const { workspaceId } = await targetOf(context);
  // Nothing tells of pushes to a repository that no deployment uses: what is open already is read anew.
  renewUsage(context, workspaceId);
  const connection = context.model.connection.id;
  await context.documents.show({ kind: 'usage', id: workspaceId, connection, name: 'registry.usage.txt' });
}

function renewUsage({ documents }: CommandContext, workspaceId: string): void {
  documents.renew(({ kind, id }) => kind === 'usage' && id === workspaceId);
}

/** A large registry takes its time; it goes on for as long as somebody waits. Below what `fetch` waits itself. */
const collectWithinMs = 4 * 60_000;

/** Removes the images that nobody needs, after saying which those are. */
export async function collectCommand(context: CommandContext): Promise<void> {
  const target = await offering(context, 'collect');
  const detail = [
    'An image is kept while it has a tag, while a deployment runs it, and for the newest versions of each deployment. Everything else is removed from the registry and the engine: it cannot be gone back to.',
    'What runs goes on. For some seconds nothing can be pushed; a push that is under way has to be made again.',
  ].join('\n\n');
  if (!(await context.prompts.confirm('Collect the images that nobody needs?', detail, 'Collect'))) return;
  const collection = await context.prompts.progress('Collecting unused images', (report, signal) => {
    report({ message: 'looking at what is needed, and removing the rest' });
    return collect(target, signal);
  });
  renewUsage(context, target.workspaceId);
  const show = { label: 'Show usage', run: () => commands.executeCommand('patr.registry.usage') };
  void context.notify.done(collectedWords(collection), [show]);
}

async function collect({ api, workspaceId }: Target, signal: AbortSignal) {
  try {
    return await api.collectRegistry({ params: { workspaceId } }, { signal, timeoutMs: collectWithinMs });
  } catch (error) {
    if (!isBusy(error)) throw error;
    const message = `The registry is busy, with another collection perhaps; nothing that is needed is harmed. Try again in a minute. (${error.message})`;
    throw new JourneyError(message, ['retry', 'showOutput'], { cause: error });
  }
}

/** Too many requests, or nobody there to take them for now. */
function isBusy(error: unknown): error is Error {
  return error instanceof Unreachable || (isProblem(error) && [429, 502, 503].includes(error.status));
}

/** Shows whose passwords are kept for other registries, and deletes the chosen one. */
export async function signOutOfRegistryCommand(context: CommandContext): Promise<void> {
  const { api, workspaceId } = await offering(context, 'registries');
  const params = { workspaceId };
  const kept = await Array.fromAsync(api.pages('listRegistries', { params }, ({ registries }) => registries));
  if (kept.length === 0) {
    await context.notify.done('No password of another registry is kept: there is nothing to sign out of.');
    return;
  }
  if (!context.model.loaded || !context.model.followed) await context.model.refresh();
  const items = kept.map(({ id, registry, username }) => {
    const users = pullersFrom(registry, context.model.all());
    return { label: registry, description: username, detail: pulledBy(users), id, users };
  });
  const title = 'Sign out of a registry';
  const chosen = await context.prompts.pick(items, {
    title,
    placeholder: 'Whose password shall be deleted?',
  });
  if (chosen === undefined || chosen === back) return;
  const after =
    chosen.users.length === 0
      ? ''
      : ' What runs goes on; what the registry does not give to everybody cannot be pulled anew.';
  const detail = `The password of ${chosen.description} is deleted here; sign in again by deploying an image of that registry. ${chosen.detail}${after}`;
  if (!(await context.prompts.confirm(`Sign out of ${chosen.label}?`, detail, 'Sign out'))) return;
  await context.prompts.busy(() => api.deleteRegistry({ params: { ...params, registryId: chosen.id } }));
  void context.notify.done(`The password for ${chosen.label} is deleted.`);
}

/** Names of the deployments whose images come from a registry. */
function pullersFrom(registry: string, deployments: readonly Deployment[]): readonly string[] {
  return deployments
    .filter((one) => 'imageName' in one && canonicalRegistry(one.registry) === registry)
    .map(({ name }) => name);
}

function pulledBy(names: readonly string[]): string {
  return names.length === 0 ? 'No deployment pulls from it.' : `Pulled from by: ${names.join(', ')}.`;
}
