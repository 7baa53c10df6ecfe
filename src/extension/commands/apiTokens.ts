import { env, window } from 'vscode';
import type { Target } from '../../deploy/target.ts';
import { decode } from '../../protocol/decode.ts';
import type { ApiTokenInfo, Permissions } from '../../protocol/shapes/apiToken.ts';
import { formatTimestamp, resourceName } from '../../protocol/wire.ts';
import { back, type Prompts } from '../prompts.ts';
import { loginCommand, suggestedTokenName, tokenEndWords } from '../registryWords.ts';
import { offering, type CommandContext } from './context.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Names of what a token for `docker login` is allowed, as the server lists them. */
const rights: readonly string[] = ['containerRegistryRepository::pull', 'containerRegistryRepository::push'];

/**
 * Makes a token that pulls and pushes this workspace's images. It goes into the clipboard and nowhere else: the
 * command asks for it, so that it is in no history of a shell and in no log.
 */
export async function dockerLoginCommand(context: CommandContext): Promise<void> {
  const target = await offering(context, 'apiTokens');
  const command = loginCommand(target.backend.registry);
  const taken = (await tokensOf(target)).map(({ name }) => name);
  const name = await askForName(context.prompts, taken);
  const days = name === undefined ? undefined : await askForDays(context.prompts);
  if (name === undefined || days === undefined) return;
  const tokenExp = formatTimestamp(target.api.now() + days * dayMs);
  const permissions = await pullAndPush(target);
  const { token } = await context.prompts.busy(() =>
    target.api.createApiToken({ body: { name, permissions, tokenExp } }),
  );
  await env.clipboard.writeText(token);
  const type = { label: 'Type it in a terminal', run: () => typeInTerminal(command) };
  void context.notify.done(
    `The token “${name}” is in the clipboard. Run “${command}” and paste it as the password; it is not shown again.`,
    [type],
  );
}

/** The person sends it off. */
function typeInTerminal(command: string): void {
  const terminal = window.createTerminal('docker login');
  terminal.show();
  terminal.sendText(command, false);
}

/** All repositories of the workspace, also those that are made later. */
async function pullAndPush({ api, workspaceId }: Target): Promise<Permissions> {
  const { permissions } = await api.listPermissions({ params: { workspaceId } });
  const wanted = permissions.filter((one) => rights.includes(one.name));
  if (wanted.length < rights.length) {
    throw new Error('The server has no permission to pull and push images. Update it, and try again.');
  }
  const scope = { permissionType: 'exclude' as const, resources: [] };
  const scopes = Object.fromEntries(wanted.map(({ id }) => [id, scope]));
  return { [workspaceId]: Object.assign({ type: 'member' as const }, scopes) };
}

async function askForName(prompts: Prompts, taken: readonly string[]): Promise<string | undefined> {
  const name = await prompts.input({
    title: 'Token for docker login',
    placeholder: 'Name of the token, by which it can be revoked',
    value: suggestedTokenName(taken),
    check: (text) => {
      const decoded = decode(resourceName, text);
      if (!decoded.ok) return `A name ${decoded.fields[0]?.message ?? 'is needed'}.`;
      return taken.includes(decoded.value) ? `There is already a token called ${decoded.value}.` : undefined;
    },
  });
  return name === undefined || name === back ? undefined : name;
}

/** Undefined: given up. */
async function askForDays(prompts: Prompts): Promise<number | undefined> {
  const items = [
    { label: '1 day', days: 1 },
    { label: '7 days', days: 7 },
    { label: '30 days', days: 30 },
  ];
  const placeholder = 'For how long is it good? It can be revoked before.';
  const chosen = await prompts.pick(items, { title: 'Token for docker login', placeholder });
  return chosen === undefined || chosen === back ? undefined : chosen.days;
}

/** Takes a token back. The editor's own is not offered: nothing could be asked with it any more. */
export async function revokeTokenCommand(context: CommandContext): Promise<void> {
  const target = await offering(context, 'apiTokens');
  const own = target.token.split('.')[2];
  const tokens = (await tokensOf(target)).filter(({ id }) => id !== own);
  if (tokens.length === 0) {
    await context.notify.done('There is no API token to revoke: the only one is the editor’s own.');
    return;
  }
  const now = target.api.now();
  const items = tokens.map((token) => ({
    label: token.name,
    description: tokenEndWords(token, now),
    id: token.id,
  }));
  const placeholder = 'Which one shall let nobody in any more?';
  const chosen = await context.prompts.pick(items, { title: 'Revoke an API token', placeholder });
  if (chosen === undefined || chosen === back) return;
  const detail =
    'Whoever uses it is refused from now on, also docker that has logged in with it. This cannot be undone.';
  if (!(await context.prompts.confirm(`Revoke the token “${chosen.label}”?`, detail, 'Revoke'))) return;
  await context.prompts.busy(() => target.api.revokeApiToken({ params: { tokenId: chosen.id } }));
  void context.notify.done(`The token “${chosen.label}” is revoked.`);
}

function tokensOf({ api }: Target): Promise<ApiTokenInfo[]> {
  return Array.fromAsync(api.pages('listApiTokens', {}, ({ tokens }) => tokens));
}
