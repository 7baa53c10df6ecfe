import { workspace } from 'vscode';
import { describeError } from '../../base/log.ts';
import type { Target } from '../../deploy/target.ts';
import { decode } from '../../protocol/decode.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { secretValue, type Secret } from '../../protocol/shapes/secret.ts';
import { resourceName } from '../../protocol/wire.ts';
import { back } from '../prompts.ts';
import { describeDeployment } from '../tree/look.ts';
import type { SecretNode } from '../tree/nodes.ts';
import { describeSecret } from '../tree/resourceWords.ts';
import { offering, targetOf, type CommandContext } from './context.ts';

/** Makes a secret. Its value is asked for hidden, or read from a file, and is not shown again. */
export async function createSecretCommand(context: CommandContext): Promise<void> {
  const target = await targetOf(context);
  const title = 'Create a secret';
  const name = await askForName(context, { title, value: '', taken: await namesOf(target) });
  const value = name === undefined ? undefined : await askForValue(context, title);
  if (name === undefined || value === undefined) return;
  const { workspaceId } = target;
  await context.prompts.busy(() =>
    target.api.createSecret({ params: { workspaceId }, body: { name, value } }),
  );
  await context.model.resources.renew('secrets');
  void context.notify.done(
    `The secret ${name} is stored. Choose it as the source of an environment variable; it is not shown again.`,
  );
}

export async function renameSecretCommand(
  context: CommandContext,
  node: SecretNode | undefined,
): Promise<void> {
  const title = 'Rename a secret';
  const secret = await secretMeant(context, node, title);
  if (secret === undefined) return;
  const target = await targetOf(context);
  const taken = (await namesOf(target)).filter((name) => name !== secret.name);
  const name = await askForName(context, { title, value: secret.name, taken });
  if (name === undefined || name === secret.name) return;
  const params = { workspaceId: target.workspaceId, secretId: secret.id };
  await context.prompts.busy(() => target.api.updateSecret({ params, body: { name } }));
  await context.model.resources.renew('secrets');
}

/** Gives a secret another value, and offers to roll out the deployments that use it, all of them in one go. */
export async function rotateSecretCommand(
  context: CommandContext,
  node: SecretNode | undefined,
): Promise<void> {
  const title = 'Rotate a secret';
  const secret = await secretMeant(context, node, title);
  if (secret === undefined) return;
  const value = await askForValue(context, `${title}: ${secret.name}`);
  if (value === undefined) return;
  const target = await targetOf(context);
  const params = { workspaceId: target.workspaceId, secretId: secret.id };
  await context.prompts.busy(() => target.api.updateSecret({ params, body: { value } }));
  await context.model.resources.renew('secrets');
  await rollOutUsers(context, target, secret);
}

async function rollOutUsers(context: CommandContext, target: Target, { id, name }: Secret): Promise<void> {
  const { secrets } = await target.api.listSecrets({
    params: { workspaceId: target.workspaceId },
    query: { count: 1000 },
  });
  const users = new Set(secrets.find((one) => one.id === id)?.usedBy);
  if (!context.model.loaded || !context.model.followed) await context.model.refresh();
  const deployments = context.model.all().filter((one) => users.has(one.id) && isStarted(one));
  if (deployments.length === 0) {
    void context.notify.done(`The secret ${name} has another value. Nothing that runs uses it.`);
    return;
  }
  const items = deployments.map((deployment) => ({
    label: deployment.name,
    description: describeDeployment(deployment),
    picked: true,
    deployment,
  }));
  const chosen = await context.prompts.pickMany(items, {
    title: `The secret ${name} has another value`,
    placeholder: 'Roll these out now? What runs keeps the value before until then. No request is lost.',
  });
  if (chosen === undefined || chosen.length === 0) {
    void context.notify.done(
      `The secret ${name} has another value. Restart ${deployments.map((one) => one.name).join(', ')} to use it.`,
    );
    return;
  }
  await rollOut(
    context,
    target,
    chosen.map(({ deployment }) => deployment),
  );
}

function isStarted({ status }: Deployment): boolean {
  return status !== 'stopped' && status !== 'created';
}

/** What one of them is refused with keeps no other from it. @throws with all that was refused. */
async function rollOut(
  context: CommandContext,
  { api, workspaceId }: Target,
  deployments: readonly Deployment[],
): Promise<void> {
  const refused: string[] = [];
  await context.prompts.busy(async () => {
    for (const { id, name } of deployments) {
      try {
        const params = { workspaceId, deploymentId: id };
        await api.startDeployment({ params, query: { forceRestart: true } });
        await context.model.reload(id);
      } catch (error) {
        refused.push(`${name}: ${describeError(error)}`);
      }
    }
  });
  if (refused.length > 0) throw new Error(`Not everything is rolled out. ${refused.join(' ')}`);
  void context.notify.done(`Rolling out ${deployments.map(({ name }) => name).join(', ')}.`);
}

export async function deleteSecretCommand(
  context: CommandContext,
  node: SecretNode | undefined,
): Promise<void> {
  const secret = await secretMeant(context, node, 'Delete a secret');
  if (secret === undefined) return;
  const detail = 'Its value cannot be brought back. While a deployment uses it, it is not deleted.';
  if (!(await context.prompts.confirm(`Delete the secret ${secret.name}?`, detail, 'Delete'))) return;
  const { api, workspaceId } = await targetOf(context);
  await context.prompts.busy(() => api.deleteSecret({ params: { workspaceId, secretId: secret.id } }));
  await context.model.resources.renew('secrets');
}

/** Lets everything that is stored sealed be sealed with a new key. */
export async function rotateKeyCommand(context: CommandContext): Promise<void> {
  const { api, workspaceId } = await offering(context, 'sealing');
  const detail =
    'A new key is made, and every secret and every password of a registry is sealed with it. Older keys stay, because older backups need them. Nothing restarts.';
  const title = 'Make a new key for what is stored sealed?';
  if (!(await context.prompts.confirm(title, detail, 'Make a new key'))) return;
  const { sealed, unreadable } = await context.prompts.busy(() =>
    api.rotateSealingKey({ params: { workspaceId } }),
  );
  await context.keptKeys.keep();
  const lost = unreadable === 0 ? '' : ` ${unreadable} could not be opened and need their values anew.`;
  void context.notify.done(`There is a new key; ${sealed} stored values are sealed with it.${lost}`);
}

/** Gives the region the keys back that the operating system's key store has a copy of. */
export async function restoreKeysCommand(context: CommandContext): Promise<void> {
  const { api, workspaceId } = await offering(context, 'sealing');
  await context.keptKeys.keep();
  const keys = await context.keptKeys.copyFor(workspaceId);
  if (keys === undefined) {
    throw new Error(
      'This machine has no copy of the keys: its key store has none, or cannot be used. Give the secrets their values anew.',
    );
  }
  const detail =
    'Secrets that were sealed with a key which the region has lost can be opened again. Nothing else changes.';
  if (!(await context.prompts.confirm('Restore the keys of secrets?', detail, 'Restore'))) return;
  const { sealed, unreadable } = await context.prompts.busy(() =>
    api.restoreSealingKeys({ params: { workspaceId }, body: { keys } }),
  );
  const lost = unreadable === 0 ? 'All can be opened.' : `${unreadable} still cannot be opened.`;
  void context.notify.done(`${sealed} stored values were sealed with a key that was lost. ${lost}`);
}

/** The secret that is meant: the node's, or the chosen one. Undefined: given up. */
async function secretMeant(
  context: CommandContext,
  node: SecretNode | undefined,
  title: string,
): Promise<Secret | undefined> {
  if (node !== undefined) return node.secret;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId };
  const found = await Array.fromAsync(api.pages('listSecrets', { params }, ({ secrets }) => secrets));
  if (found.length === 0) throw new Error('There are no secrets yet. Create one first.');
  const items = found.map((secret) => ({
    label: `$(key) ${secret.name}`,
    description: describeSecret(secret),
    secret,
  }));
  const chosen = await context.prompts.pick(items, { title, placeholder: 'Which secret?' });
  return chosen === undefined || chosen === back ? undefined : chosen.secret;
}

async function namesOf({ api, workspaceId }: Target): Promise<readonly string[]> {
  const params = { workspaceId };
  const found = await Array.fromAsync(api.pages('listSecrets', { params }, ({ secrets }) => secrets));
  return found.map(({ name }) => name);
}

async function askForName(
  { prompts }: CommandContext,
  {
    title,
    value,
    taken,
  }: { readonly title: string; readonly value: string; readonly taken: readonly string[] },
): Promise<string | undefined> {
  const others = new Set(taken.map((name) => name.toLowerCase()));
  const name = await prompts.input({
    title,
    placeholder: 'Name, by which it is chosen',
    value,
    check: (text) => {
      const decoded = decode(resourceName, text);
      if (!decoded.ok) return `A name ${decoded.fields[0]?.message ?? 'is needed'}.`;
      return others.has(decoded.value.toLowerCase())
        ? `There is already a secret named ${decoded.value}.`
        : undefined;
    },
  });
  return name === undefined || name === back ? undefined : name;
}

/** A line that is typed, or a file as it is: keys have more than one line. */
async function askForValue(context: CommandContext, title: string): Promise<string | undefined> {
  const typed = { label: '$(edit) Type or paste it', source: 'typed' } as const;
  const file = {
    label: '$(file) Take it from a file',
    description: 'for what has several lines, such as a private key',
    source: 'file',
  } as const;
  const chosen = await context.prompts.pick([typed, file], { title, placeholder: 'Where is its value?' });
  if (chosen === undefined || chosen === back) return undefined;
  if (chosen.source === 'file') return valueFromFile(context, title);
  const value = await context.prompts.input({
    title,
    placeholder: 'Its value. It is stored sealed and not shown again.',
    value: '',
    password: true,
    check: wrongWith,
  });
  return value === undefined || value === back ? undefined : value;
}

async function valueFromFile({ prompts }: CommandContext, title: string): Promise<string | undefined> {
  const [file] = (await prompts.files(title, 'Take its content')) ?? [];
  if (file === undefined) return undefined;
  const bytes = await workspace.fs.readFile(file);
  const value = textIn(bytes);
  const problem = value === undefined ? 'The file is no text.' : wrongWith(value);
  if (problem !== undefined) throw new Error(problem);
  return value;
}

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function wrongWith(value: string): string | undefined {
  const decoded = decode(secretValue, value);
  return decoded.ok ? undefined : `The value ${decoded.fields[0]?.message ?? 'cannot be used'}.`;
}
