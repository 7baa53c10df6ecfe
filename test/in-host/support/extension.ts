import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../../src/extension/activate.ts';

/** The extension as it runs in this host. */
export async function theExtension(): Promise<Exports> {
  const extension = vscode.extensions.getExtension<Exports>('patr.patr-deployments');
  assert.ok(extension, 'the extension is not there');
  return extension.activate();
}

/** Path of a file in the workspace, which is a copy of the sample. */
export function inWorkspace(...parts: readonly string[]): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, ...parts);
}

/** Resolves when the condition holds; it is looked at whenever something was told, and a few times a second. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Brings the view to the front, or another one, so that nobody looks at ours. */
export async function showView(shown: boolean): Promise<void> {
  const { view } = await theExtension();
  await vscode.commands.executeCommand(shown ? 'patr.deployments.focus' : 'workbench.view.explorer');
  await eventually(shown ? 'the view is shown' : 'the view is hidden', () => view.visible === shown);
}
