import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureEditor } from '../../../scripts/setup/editor.ts';
import { signalGroup } from '../../../scripts/setup/processes.ts';
import { freePort } from './freePort.ts';

export interface EditorServer {
  /** Such as `127.0.0.1:41234`. */
  readonly authority: string;
  stop(): Promise<void>;
}

export interface EditorServerOptions {
  /** Settings of the machine, as in settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Further environment of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether folders are trusted without a question. */
  readonly trusted?: boolean;
  /**
   * Packed extension to install, as a person has it. Without it the workbench is the one of automated tests: it can
   * load an extension from its sources and run its suite, and shows neither toasts nor modal dialogs.
   */
  readonly vsix?: string;
}

/** A server that has not ended this long after it was asked to is made to. */
const graceMs = 10_000;

/** VS Code's own server on a free loopback port with a profile of its own, removed when it is stopped. */
export async function startEditorServer(options: EditorServerOptions = {}): Promise<EditorServer> {
  const { serverMain } = await ensureEditor();
  const data = await mkdtemp(join(tmpdir(), 'patr-editor-'));
  const settingsFile = join(data, 'data', 'Machine', 'settings.json');
  await mkdir(dirname(settingsFile), { recursive: true });
  await writeFile(settingsFile, JSON.stringify({ ...quiet, ...options.settings }));
  const port = await freePort();
  const authority = `127.0.0.1:${port}`;
  const args = [
    serverMain,
    '--host=127.0.0.1',
    `--port=${port}`,
    '--without-connection-token',
    '--accept-server-license-terms',
    `--server-data-dir=${data}`,
    `--extensions-dir=${join(data, 'extensions')}`,
    '--telemetry-level=off',
    ...(options.vsix === undefined
      ? ['--enable-smoke-test-driver']
      : ['--install-extension', options.vsix, '--start-server']),
    ...(options.trusted === false ? [] : ['--disable-workspace-trust']),
  ];
  const child = spawn(process.execPath, args, {
    cwd: dirname(dirname(serverMain)),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // An extension host outlives its server for minutes, waiting for a browser to come back: the whole group goes.
  const ended = once(child, 'close').then(() => signalGroup(child, 'SIGKILL'));
  const stop = async (): Promise<void> => {
    signalGroup(child, 'SIGTERM');
    const late = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    await ended.finally(() => clearTimeout(late));
    await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  await untilListening(child, ended).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { authority, stop };
}

const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'security.workspace.trust.startupPrompt': 'never',
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'never',
};

function untilListening(child: ReturnType<typeof spawn>, ended: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    const hear = (data: Buffer): void => {
      words = `${words}${data.toString()}`.slice(-4000);
      if (words.includes('Extension host agent listening')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    void ended.then(() => reject(new Error(`The editor's server did not start:\n${words}`)), reject);
  });
}
