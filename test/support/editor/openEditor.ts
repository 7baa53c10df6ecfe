import type { Page } from 'playwright-core';
import { root } from '../../../scripts/build/folders.ts';
import { launchBrowser } from './browser.ts';
import { startEditorServer, type EditorServerOptions } from './editorServer.ts';

export interface OpenEditor {
  readonly page: Page;
  close(): Promise<void>;
}

export interface OpenEditorOptions extends EditorServerOptions {
  /** Absolute path of the folder to open. */
  readonly folder: string;
  readonly width?: number;
  readonly height?: number;
}

/** The address that opens a folder with this extension under development, and with its tests if there are any. */
export function workbenchUrl(authority: string, folder: string, testsPath?: string): string {
  const remote = (path: string): string => `vscode-remote://${authority}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(root.replace(/\/$/, ''))],
    ['skipWelcome', 'true'],
    ...(testsPath === undefined ? [] : [['extensionTestsPath', remote(testsPath)]]),
  ];
  return `http://${authority}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/** A real workbench in a real browser, ready when the status bar is there. */
export async function openEditor(options: OpenEditorOptions): Promise<OpenEditor> {
  const life = new AsyncDisposableStack();
  try {
    const server = await startEditorServer(options);
    life.defer(() => server.stop());
    const browser = await launchBrowser();
    life.defer(() => browser.close());
    const viewport = { width: options.width ?? 1280, height: options.height ?? 800 };
    const page = await browser.newPage({ viewport });
    const plain = `http://${server.authority}/?folder=${encodeURIComponent(options.folder)}`;
    await page.goto(options.vsix === undefined ? workbenchUrl(server.authority, options.folder) : plain);
    await page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 60_000 });
    return { page, close: () => life.disposeAsync() };
  } catch (error) {
    await life.disposeAsync();
    throw error;
  }
}
