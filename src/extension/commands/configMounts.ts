import { basename } from 'node:path';
import { commands, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import { formatBytes } from '../../base/formatBytes.ts';
import { caseTwins } from '../../protocol/configMounts.ts';
import type { ConfigFile } from '../config/configAddress.ts';
import { fileOf, uriOf } from '../config/configFileSystem.ts';
import { nameTrouble, sizeTrouble } from '../config/configWords.ts';
import type { Configs } from '../config/configs.ts';
import { back } from '../prompts.ts';
import type { ConfigMountNode, ConfigMountsNode, DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { configMountMeant } from './meant.ts';

/** A file that shall become a config mount. */
export interface NewFile {
  readonly name: string;
  readonly read: () => Promise<Uint8Array>;
}

/** What adding files needs. */
export type AddContext = Pick<CommandContext, 'prompts' | 'notify'> & { readonly configs: Configs };

/** A config mount as commands are given it: a node, an address, or nothing from the palette. */
export type Meant = ConfigMountNode | Uri | undefined;

/** The config mount that is meant: from the palette the one in the editor, or a chosen one. Undefined: given up. */
export async function fileMeant(
  context: CommandContext,
  meant: Meant,
  question: string,
): Promise<ConfigFile | undefined> {
  const uri = meant ?? window.activeTextEditor?.document.uri;
  const file = uri instanceof Uri ? fileOf(uri) : undefined;
  if (file !== undefined) {
    // Of an earlier version the config mount itself is meant.
    const { version: _version, ...present } = file;
    return present;
  }
  return chosenFile(context, meant instanceof Uri ? undefined : meant, question);
}

async function chosenFile(
  context: CommandContext,
  meant: ConfigMountNode | undefined,
  question: string,
): Promise<ConfigFile | undefined> {
  const part = await configMountMeant(context, meant, question);
  if (part === undefined) return undefined;
  return { ...(await context.configs.servers.placeOf(part.deploymentId)), name: part.name };
}

export async function openConfigMountCommand(context: CommandContext, meant: Meant): Promise<void> {
  const question = 'Open a config mount';
  const file =
    meant === undefined
      ? await chosenFile(context, undefined, question)
      : await fileMeant(context, meant, question);
  if (file !== undefined) await commands.executeCommand('vscode.open', uriOf(file));
}

/** Chooses files of the machine and makes them config mounts. */
export async function addConfigMountCommand(
  context: CommandContext,
  node: DeploymentNode | ConfigMountsNode | undefined,
): Promise<void> {
  const chosen = await deploymentMeant(context, node, 'Upload files as config mounts');
  if (chosen === undefined) return;
  const files = await context.prompts.files(`Config mounts of ${chosen.name}`, 'Upload');
  if (files !== undefined && files.length > 0) await addConfigMounts(context, chosen.id, files.map(fileAt));
}

export function fileAt(uri: Uri): NewFile {
  return { name: basename(uri.path), read: async () => workspace.fs.readFile(uri) };
}

/** Makes files config mounts of a deployment, all in one change. One of the same name is replaced after asking. */
export async function addConfigMounts(
  context: AddContext,
  deploymentId: string,
  files: readonly NewFile[],
): Promise<readonly string[]> {
  const { servers, store, files: editor, checks } = context.configs;
  const place = await servers.placeOf(deploymentId);
  const before = await store.list(place);
  const changes: { name: string; content: Uint8Array; ifVersion: string | null }[] = [];
  for (const file of files) {
    const content = await contentOf(file);
    const there = before.find(({ name }) => name === file.name);
    if (there !== undefined && !(await mayReplace(context, file.name, servers.nameOf(place)))) continue;
    await checks.check(uriOf({ ...place, name: file.name }), content);
    changes.push({ name: file.name, content, ifVersion: there?.version ?? null });
  }
  if (changes.length === 0) return [];
  const arrival = await store.sendAll(place, changes);
  const names = changes.map(({ name }) => name);
  for (const name of names) editor.told(uriOf({ ...place, name }), 'changed', arrival);
  void context.notify.done(
    `${names.join(', ')}: under /etc/config in the instances of ${servers.nameOf(place)}.`,
    [
      {
        label: 'Open',
        run: () => commands.executeCommand('vscode.open', uriOf({ ...place, name: names[0] ?? '' })),
      },
    ],
  );
  return names;
}

/** @throws with what to do when it cannot be a config mount. */
async function contentOf({ name, read }: NewFile): Promise<Uint8Array> {
  const trouble = nameTrouble(name);
  if (trouble !== undefined) throw new Error(trouble);
  const bytes = await read();
  const large = sizeTrouble(name, bytes.length);
  if (large !== undefined) throw new Error(large);
  return bytes;
}

async function mayReplace(
  { prompts }: Pick<CommandContext, 'prompts'>,
  name: string,
  deployment: string,
): Promise<boolean> {
  const replace = { label: '$(replace) Replace it' };
  const items = [replace, { label: '$(close) Keep the one that is there' }];
  const question = { title: `${deployment} already has ${name}`, placeholder: 'Replace its content?' };
  const chosen = await prompts.pick(items, question);
  return chosen !== undefined && chosen !== back && chosen.label === replace.label;
}

/** A new file in the editor. It is sent when it is saved for the first time. */
export async function writeConfigMountCommand(
  context: CommandContext,
  node: DeploymentNode | ConfigMountsNode | undefined,
): Promise<void> {
  const chosen = await deploymentMeant(context, node, 'Write a new config mount');
  if (chosen === undefined) return;
  const { servers, store } = context.configs;
  const place = await servers.placeOf(chosen.id);
  const names = (await store.list(place)).map(({ name }) => name);
  const name = await askName(context, `New config mount of ${chosen.name}`, '', names);
  if (name === undefined) return;
  const file = { ...place, name };
  store.begin(file);
  await commands.executeCommand('vscode.open', uriOf(file));
}

export async function renameConfigMountCommand(context: CommandContext, meant: Meant): Promise<void> {
  const file = await fileMeant(context, meant, 'Rename a config mount');
  if (file === undefined) return;
  const names = (await context.configs.store.list(file)).map(({ name }) => name);
  const others = names.filter((name) => name !== file.name);
  const name = await askName(context, `Rename ${file.name}`, file.name, others);
  if (name === undefined || name === file.name) return;
  const [from, to] = [uriOf(file), uriOf({ ...file, name })];
  const open = workspace.textDocuments.some((one) => one.uri.toString() === from.toString());
  if (!open) {
    await workspace.fs.rename(from, to);
    return;
  }
  // What is typed and not saved goes with it.
  const edit = new WorkspaceEdit();
  edit.renameFile(from, to);
  if (!(await workspace.applyEdit(edit)))
    throw new Error(`${file.name} could not be renamed. Save or revert it, and try again.`);
}

export async function deleteConfigMountCommand(context: CommandContext, meant: Meant): Promise<void> {
  const file = await fileMeant(context, meant, 'Delete a config mount');
  if (file === undefined) return;
  const { name } = file;
  const deployment = context.configs.servers.nameOf(file);
  const mounts = await context.configs.servers.mounts(file);
  const after = mounts.live
    ? 'Its history stays, and brings it back.'
    : 'New instances are rolled out. Its content is deleted.';
  const detail = `Instances of ${deployment} will not see /etc/config/${name} any more. ${after}`;
  if (!(await context.prompts.confirm(`Delete the config mount ${name}?`, detail, 'Delete'))) return;
  await workspace.fs.delete(uriOf(file));
}

/** A file of the workspace becomes a config mount, once or from now on. */
export async function addFileCommand(context: CommandContext, file: Uri | undefined): Promise<void> {
  const source = file ?? (await oneFile(context, 'Add a file as config mount'));
  if (source === undefined) return;
  const chosen = await chooseDeployment(context, undefined, () => true, 'Add as config mount of');
  if (chosen === undefined) return;
  const own = basename(source.path);
  const name =
    nameTrouble(own) === undefined
      ? own
      : await askName(context, `Config mount of ${chosen.name}`, own.replaceAll(/[^\w.()-]/g, '-'), []);
  if (name === undefined) return;
  const once = {
    label: '$(file-add) Once',
    description: 'as it is saved now',
  };
  const always = {
    label: '$(file-symlink-file) Follow it',
    description: 'every save of the file in this workspace is sent',
  };
  const how = await context.prompts.pick([once, always], {
    title: `${own} → ${chosen.name}: /etc/config/${name}`,
    placeholder: 'Once, or from now on?',
  });
  if (how === undefined || how === back) return;
  const content = await workspace.fs.readFile(source);
  const added = await addConfigMounts(context, chosen.id, [{ name, read: async () => content }]);
  if (added.length === 0 || how.label !== always.label) return;
  const { configs } = context;
  await configs.follow(source, { ...(await configs.servers.placeOf(chosen.id)), name }, content);
}

export async function stopFollowingCommand(context: CommandContext, meant: Meant): Promise<void> {
  const { follows } = context.configs;
  if (meant !== undefined) {
    const file = await fileMeant(context, meant, 'Stop following');
    if (file !== undefined) await follows.end(uriOf(file).toString());
    return;
  }
  const items = follows.all().map(({ file, mount }) => ({
    label: `$(file-symlink-file) ${workspace.asRelativePath(Uri.parse(file, true))}`,
    description: fileOf(Uri.parse(mount, true))?.name ?? mount,
    mount,
  }));
  if (items.length === 0) throw new Error('No file of this workspace is followed by a config mount.');
  const question = { title: 'Stop following', placeholder: 'Which file shall not be sent any more?' };
  const chosen = await context.prompts.pick(items, question);
  if (chosen !== undefined && chosen !== back) await follows.end(chosen.mount);
}

/** Shows a config mount beside a file of the workspace. */
export async function compareConfigMountCommand(context: CommandContext, meant: Meant): Promise<void> {
  const file = await fileMeant(context, meant, 'Compare a config mount');
  if (file === undefined) return;
  const other = await oneFile(context, `Compare ${file.name} with`, file.name);
  if (other === undefined) return;
  const title = `${workspace.asRelativePath(other)} ↔ ${file.name} of ${context.configs.servers.nameOf(file)}`;
  await commands.executeCommand('vscode.diff', other, uriOf(file), title);
}

/** Files of the workspace that are offered. */
const mostFiles = 1000;

/** A file of the workspace, those of the same name first, or another one of the machine. */
async function oneFile(
  { prompts }: Pick<CommandContext, 'prompts'>,
  title: string,
  name?: string,
): Promise<Uri | undefined> {
  const found = await workspace.findFiles('**/*', '**/{node_modules,.git}/**', mostFiles);
  const far = (uri: Uri): number => (basename(uri.path) === name ? 0 : 1);
  const items = found
    .toSorted((a, b) => far(a) - far(b) || (a.path < b.path ? -1 : 1))
    .map((uri) => ({ label: `$(file) ${workspace.asRelativePath(uri)}`, uri }));
  const another = { label: '$(folder-opened) Another file…', uri: undefined };
  const picked = await prompts.pick([...items, another], { title, placeholder: 'Which file?' });
  if (picked === undefined || picked === back) return undefined;
  return picked.uri ?? (await prompts.files(title, 'Choose'))?.[0];
}

async function askName(
  { prompts }: Pick<CommandContext, 'prompts'>,
  title: string,
  value: string,
  taken: readonly string[],
): Promise<string | undefined> {
  const check = (typed: string): string | undefined => {
    const name = typed.trim();
    if (taken.includes(name))
      return `There is already a config mount ${name}. Open that one, or choose another name.`;
    const [twin] = caseTwins([...taken, name]);
    if (twin !== undefined)
      return `${name} differs from ${twin[0]} in upper and lower case alone. Choose another name.`;
    return nameTrouble(name);
  };
  const placeholder = 'Name of the file under /etc/config, such as app.yaml';
  const name = await prompts.input({ title, placeholder, value, check });
  return name === undefined || name === back ? undefined : name;
}

async function deploymentMeant(
  context: CommandContext,
  node: DeploymentNode | ConfigMountsNode | undefined,
  question: string,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  if (node?.kind !== 'configMounts') return chooseDeployment(context, node, () => true, question);
  return { id: node.deploymentId, name: context.configs.servers.nameOf(node) };
}

/** Characters of a line that are shown of what was found, and lines that are. */
const mostShown = 120;
const mostFound = 200;

/** Looks for a text in all config mounts of a deployment. */
export async function searchConfigMountsCommand(
  context: CommandContext,
  node: DeploymentNode | ConfigMountsNode | undefined,
): Promise<void> {
  const chosen = await deploymentMeant(context, node, 'Search in config mounts');
  if (chosen === undefined) return;
  const title = `Search in the config mounts of ${chosen.name}`;
  const wanted = await context.prompts.input({
    title,
    placeholder: 'Text to look for; upper and lower case are the same',
    value: '',
    check: (text) => (text === '' ? 'Type what to look for.' : undefined),
  });
  if (wanted === undefined || wanted === back) return;
  const found = await context.prompts.busy(() => linesWith(context.configs, chosen.id, wanted));
  if (found.length === 0) throw new Error(`No config mount of ${chosen.name} has "${wanted}".`);
  const items = found.map(({ file, line, text, size }) => ({
    label: `$(file) ${file.name}:${line}`,
    description: text.trim().slice(0, mostShown),
    detail: formatBytes(size),
    file,
    line,
  }));
  const picked = await context.prompts.pick(items, {
    title,
    placeholder: `${found.length} lines with "${wanted}"`,
  });
  if (picked === undefined || picked === back) return;
  const at = uriOf(picked.file).with({ fragment: `L${picked.line}` });
  await commands.executeCommand('vscode.open', at);
}

async function linesWith({ servers, store }: Configs, deploymentId: string, wanted: string) {
  const place = await servers.placeOf(deploymentId);
  const mounts = await store.list(place);
  const read = await Promise.all(
    mounts.map(async ({ name, size }) => {
      const bytes = (await store.present({ ...place, name }))?.bytes ?? new Uint8Array();
      return { file: { ...place, name }, size, lines: Buffer.from(bytes).toString('utf8').split('\n') };
    }),
  );
  const low = wanted.toLowerCase();
  return read
    .flatMap(({ file, size, lines }) =>
      lines.flatMap((text, index) =>
        text.toLowerCase().includes(low) ? [{ file, size, text, line: index + 1 }] : [],
      ),
    )
    .slice(0, mostFound);
}
