import { commands } from 'vscode';
import type { PastVersion } from '../../deploy/configMounts.ts';
import type { ConfigFile } from '../config/configAddress.ts';
import { uriOf } from '../config/configFileSystem.ts';
import { describeVersion } from '../config/configWords.ts';
import { back } from '../prompts.ts';
import type { CommandContext } from './context.ts';
import { fileMeant, type Meant } from './configMounts.ts';

/** Who changed a config mount and when; each version can be compared with what is there, and brought back. */
export async function configHistoryCommand(context: CommandContext, meant: Meant): Promise<void> {
  const file = await fileMeant(context, meant, 'History of a config mount');
  if (file === undefined) return;
  const versions = await context.prompts.busy(() => context.configs.store.history(file));
  const name = `${file.name} of ${context.configs.servers.nameOf(file)}`;
  if (versions === undefined)
    throw new Error(
      `The server keeps no history of config mounts. The image history has what each release had.`,
    );
  const [newest] = versions;
  const items = versions.map((version) => ({
    label: `$(${version.removed ? 'trash' : 'history'}) v${version.version}`,
    description: `${describeVersion(version)}${version === newest ? ' · now' : ''}`,
    version,
  }));
  const question = {
    title: `History of ${name}`,
    placeholder: 'Newest first. Select one to compare or to restore it.',
  };
  const picked = await context.prompts.pick(items, question);
  if (picked === undefined || picked === back) return;
  if (picked.version.removed)
    throw new Error(
      `${file.name} was deleted in that version. Select an earlier one to restore its content.`,
    );
  await choose(context, file, picked.version, newest);
}

async function choose(
  context: CommandContext,
  file: ConfigFile,
  version: PastVersion,
  newest: PastVersion | undefined,
): Promise<void> {
  const compare = { label: '$(diff) Compare with what is there' };
  const open = { label: '$(go-to-file) Open this version' };
  const restore = { label: '$(discard) Restore this version' };
  const gone = newest?.removed === true;
  const items = version === newest ? [open] : gone ? [restore, open] : [compare, restore, open];
  const title = `${file.name}, v${version.version}: ${describeVersion(version)}`;
  const chosen = await context.prompts.pick(items, { title, placeholder: 'What shall be done with it?' });
  if (chosen === undefined || chosen === back) return;
  const past = uriOf({ ...file, version: version.version });
  if (chosen.label === compare.label) {
    const compared = `${file.name}: v${version.version} ↔ now`;
    await commands.executeCommand('vscode.diff', past, uriOf(file), compared);
  } else if (chosen.label === open.label) {
    await commands.executeCommand('vscode.open', past);
  } else {
    await restoreVersion(context, file, version, newest);
  }
}

/** Over the version that the list showed as the newest: what came since is not overwritten. */
async function restoreVersion(
  { configs, notify }: CommandContext,
  file: ConfigFile,
  { version }: PastVersion,
  newest: PastVersion | undefined,
): Promise<void> {
  const present = newest === undefined || newest.removed ? null : newest.version;
  const arrival = await configs.store.sendAll(file, [
    { name: file.name, restore: version, ifVersion: present },
  ]);
  configs.files.told(uriOf(file), present === null ? 'created' : 'changed', arrival);
  const open = { label: 'Open', run: () => commands.executeCommand('vscode.open', uriOf(file)) };
  void notify.done(`${file.name} is as it was in v${version}. The version before stays in its history.`, [
    open,
  ]);
}
