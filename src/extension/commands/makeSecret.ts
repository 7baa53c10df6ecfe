import { Range, Selection, window, workspace, type Uri } from 'vscode';
import { decode } from '../../protocol/decode.ts';
import { envName } from '../../protocol/shapes/deployment.ts';
import { createSecret } from '../../protocol/shapes/secret.ts';
import type { SecretMeant } from '../config/checkText.ts';
import { fileOf } from '../config/configFileSystem.ts';
import { back } from '../prompts.ts';
import { change, detailsNow } from './change.ts';
import { targetOf, type CommandContext } from './context.ts';

/**
 * Seals a value that stands in a config mount, and gives it to the deployment as an environment variable. How the
 * application reads it, and what stands in the file then, only its author knows: the value is selected for that.
 */
export async function makeSecretCommand(
  context: CommandContext,
  uri: Uri | undefined,
  meant: SecretMeant | undefined,
): Promise<void> {
  const file = uri === undefined ? undefined : fileOf(uri);
  if (uri === undefined || file === undefined || meant === undefined)
    throw new Error('Open a config mount, and select the warning on the line with the value.');
  const document = await workspace.openTextDocument(uri);
  const value = document.getText(new Range(document.positionAt(meant.start), document.positionAt(meant.end)));
  const deployment = context.configs.servers.nameOf(file);
  const variable = await context.prompts.input({
    title: `Make it a secret: environment variable of ${deployment}`,
    placeholder: 'The application reads the value from this variable. Setting it rolls out new instances.',
    value: suggested(meant.name),
    check: (text) => problemOf(envName, text),
  });
  if (variable === undefined || variable === back) return;
  const secret = await context.prompts.input({
    title: 'Make it a secret: name of the secret',
    placeholder: 'The value is kept sealed and is never shown again.',
    value: `${deployment} ${variable}`,
    check: (text) => problemOf(createSecret, { name: text, value }),
  });
  if (secret === undefined || secret === back) return;
  const details = await detailsNow(context, file.deploymentId);
  const { api, workspaceId } = await targetOf(context);
  const { id } = await api.createSecret({ params: { workspaceId }, body: { name: secret, value } });
  const environmentVariables = { ...details.info.environmentVariables, [variable]: { fromSecret: id } };
  try {
    await change(context, details, { environmentVariables });
  } catch (error) {
    await api.deleteSecret({ params: { workspaceId, secretId: id } }).catch(() => undefined);
    throw error;
  }
  const editor = await window.showTextDocument(document);
  editor.selection = new Selection(document.positionAt(meant.start), document.positionAt(meant.end));
  await context.notify.done(
    `${deployment} gets the secret as ${variable}. Let the application read that variable, then take the value out of ${file.name} and save. Earlier versions of the file keep it: change the password or key where it comes from.`,
  );
}

/** DB_PASSWORD for `db.password` and `dbPassword`. */
function suggested(name: string): string {
  const spread = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/\W+/g, '_');
  return spread === '' ? 'SECRET' : spread.toUpperCase();
}

function problemOf(schema: Parameters<typeof decode>[0], value: unknown): string | undefined {
  const decoded = decode(schema, value);
  return decoded.ok ? undefined : `It ${decoded.fields[0]?.message ?? 'cannot be used'}.`;
}
