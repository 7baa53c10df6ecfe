import { basename, dirname } from 'node:path';
import { window, workspace, type Uri } from 'vscode';
import type { Source } from '../../deploy/target.ts';
import { back, type Prompts } from '../prompts.ts';
import { buildArguments } from '../settings.ts';

/** Names that Dockerfiles go by. */
const pattern = '**/{Dockerfile,dockerfile,Containerfile,Dockerfile.*,*.Dockerfile,*.dockerfile}';
const leaveOut = '**/{node_modules,.git}/**';
const mostFound = 100;

/** The Dockerfile that is meant: the one that was clicked, the one that is open, the only one, or the chosen one. */
export async function chooseDockerfile(given: Uri | undefined, prompts: Prompts): Promise<Uri | undefined> {
  if (given !== undefined && isDockerfile(given)) return given;
  const open = window.activeTextEditor?.document;
  if (open?.languageId === 'dockerfile' && open.uri.scheme === 'file') return open.uri;
  const found = (await workspace.findFiles(pattern, leaveOut, mostFound)).filter(isDockerfile);
  const sorted = found.toSorted((a, b) => a.path.length - b.path.length || a.path.localeCompare(b.path));
  const [only] = sorted;
  if (only === undefined) {
    throw new Error('There is no Dockerfile in this workspace. Create one, and run this again.');
  }
  if (sorted.length === 1) return only;
  const items = sorted.map((uri) => ({ label: workspace.asRelativePath(uri), uri }));
  const chosen = await prompts.pick(items, { title: 'Deploy to Patr', placeholder: 'Which Dockerfile?' });
  return chosen === undefined || chosen === back ? undefined : chosen.uri;
}

export function isDockerfile(uri: Uri): boolean {
  const name = basename(uri.path);
  // A Dockerfile's own ignore file lies beside it and matches the pattern.
  if (uri.scheme !== 'file' || name.endsWith('.dockerignore')) return false;
  return /^(dockerfile|containerfile)(\..+)?$/i.test(name) || /\.dockerfile$/i.test(name);
}

/** What is built: the folder that the Dockerfile lies in is the context. Unsaved changes of it are saved first. */
export async function sourceOf(dockerfile: Uri): Promise<Source> {
  const document = workspace.textDocuments.find((one) => one.uri.toString() === dockerfile.toString());
  if (document?.isDirty === true) await document.save();
  return {
    folder: dirname(dockerfile.fsPath),
    dockerfile: basename(dockerfile.fsPath),
    buildArguments: buildArguments(dockerfile),
  };
}
