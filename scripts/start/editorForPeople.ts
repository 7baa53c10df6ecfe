import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { portNear } from './portNear.ts';
import type { Editor } from '../setup/editor.ts';
import { cacheFolder } from '../setup/folders.ts';
import { must, signalGroup } from '../setup/processes.ts';
import { SetupError } from '../setup/setupError.ts';

export interface EditorWanted {
  readonly editor: Editor;
  /** Path of the packed extension. */
  readonly vsix: string;
  /** The folder to open. */
  readonly folder: string;
  /** Settings of the machine, as in settings.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export interface RunningEditor {
  readonly url: string;
  /** Settles when the editor has ended. */
  readonly ended: Promise<void>;
}

const preferredPort = 8080;

/** Nothing beside the sample asks for attention. */
const calm = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
};

/** VS Code for the browser on loopback, with the packed extension installed. It ends when the signal fires. */
export async function startEditorForPeople(wanted: EditorWanted): Promise<RunningEditor> {
  const data = join(cacheFolder(), 'editor-data');
  const machine = join(data, 'Machine', 'settings.json');
  await mkdir(dirname(machine), { recursive: true });
  await writeFile(machine, `${JSON.stringify({ ...calm, ...wanted.settings }, null, 2)}\n`);
  const common = [
    wanted.editor.entry,
    `--user-data-dir=${data}`,
    `--extensions-dir=${join(data, 'extensions')}`,
  ];
  await must(process.execPath, [...common, '--install-extension', wanted.vsix, '--force'], {
    signal: wanted.signal,
  });
  const port = await portNear(preferredPort);
  const args = [
    ...common,
    '--auth=none',
    `--bind-addr=127.0.0.1:${port}`,
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
    '--disable-getting-started-override',
    wanted.folder,
  ];
  // Told apart from what the person set for a code-server of their own.
  const env = { ...process.env, CODE_SERVER_CONFIG: join(data, 'config.yaml') };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // An extension host outlives its server for minutes, waiting for a browser to come back: the whole group goes.
  const ended = once(child, 'close').then(() => signalGroup(child, 'SIGKILL'));
  wanted.signal.addEventListener('abort', () => signalGroup(child, 'SIGTERM'), { once: true });
  await untilListening(child, ended);
  return { url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(wanted.folder)}`, ended };
}

function untilListening(child: ChildProcess, ended: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    const hear = (data: Buffer): void => {
      words = `${words}${data.toString()}`.slice(-4000);
      if (words.includes('HTTP server listening on')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    void ended.then(() => reject(new SetupError(`VS Code did not start. Its last words:\n${words}`)), reject);
  });
}
