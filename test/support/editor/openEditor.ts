import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { root } from '../../../scripts/build/folders.ts';
import { marker } from '../../in-host/marker.ts';
import { launchBrowser } from './browser.ts';
import { startEditorServer, type EditorServerOptions } from './editorServer.ts';

export interface OpenEditor {
  readonly page: Page;
  close(): Promise<void>;
}

export interface OpenEditorOptions extends EditorServerOptions {
  /** Absolute path of the folder to open. */
  readonly folder: string;
  /**
   * Address of a look-alike of Patr that the extension shall take for the local region. The workbench is the one of
   * automated tests then, with the extension from its sources.
   */
  readonly lookAlike?: string;
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

/** What stands in for the in-host suite, and tells when the look-alike is in the region's place. */
interface Stage {
  readonly entry: string;
  readonly isSet: Promise<void>;
}

async function stageAt(page: Page): Promise<Stage> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    if (args.some((arg) => typeof arg === 'string' && arg.includes(`${marker}staged`))) resolve();
  });
  await page.exposeFunction('codeAutomationExit', () =>
    reject(new Error('The stage came down before it was set.')),
  );
  return { entry: join(root, 'out', 'test', 'in-host', 'stage.cjs'), isSet: promise };
}

/** A real workbench in a real browser, ready when the status bar is there. */
export async function openEditor(options: OpenEditorOptions): Promise<OpenEditor> {
  const life = new AsyncDisposableStack();
  try {
    const { lookAlike } = options;
    const staged = lookAlike === undefined ? {} : { env: { ...options.env, PATR_LOOK_ALIKE: lookAlike } };
    const server = await startEditorServer({ ...options, ...staged });
    life.defer(() => server.stop());
    const browser = await launchBrowser();
    life.defer(() => browser.close());
    const viewport = { width: options.width ?? 1280, height: options.height ?? 800 };
    const page = await browser.newPage({ viewport });
    const plain = `http://${server.authority}/?folder=${encodeURIComponent(options.folder)}`;
    const stage = lookAlike === undefined ? undefined : await stageAt(page);
    await page.goto(
      options.vsix === undefined ? workbenchUrl(server.authority, options.folder, stage?.entry) : plain,
    );
    await page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 60_000 });
    await stage?.isSet;
    return { page, close: () => life.disposeAsync() };
  } catch (error) {
    await life.disposeAsync();
    throw error;
  }
}
