import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../../test/support/editor/browser.ts';
import { startEditorServer } from '../../test/support/editor/editorServer.ts';
import { workbenchUrl } from '../../test/support/editor/openEditor.ts';
import { marker } from '../../test/in-host/marker.ts';
import { root } from '../build/folders.ts';
import type { Counts } from './mochaStage.ts';
import { removeRegion } from './removeRegion.ts';

/** The suite may take this long in all; a hung editor must not hang everything. */
const limitMs = 10 * 60_000;

export interface InHostWanted {
  /** Only tests whose title matches. */
  readonly filter: string | undefined;
  /** Settings of the machine, as in settings.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Opens an empty folder instead of the sample: nothing in it wakes the extension before the suite does. */
  readonly emptyFolder?: boolean;
  /** Told what the suite measures. */
  readonly onFigure?: (name: string, value: number) => void;
}

/**
 * Runs the compiled in-host suite inside a real extension host, with the real workbench in headless Chromium. The
 * suite prints through the page's console; its lines carry a marker, and the last one is its count. The region that
 * it deploys to is of its own and goes with it.
 */
export async function runInHost(wanted: InHostWanted): Promise<Counts> {
  const { filter, settings, signal } = wanted;
  const region = `in-host-${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), 'patr-workspace-'));
  if (wanted.emptyFolder !== true)
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
  const server = await startEditorServer({
    settings,
    env: { PATR_IN_HOST_GREP: filter ?? '', PATR_REGION_NAME: region },
  });
  try {
    return await drive(server.authority, folder, signal, wanted.onFigure);
  } finally {
    await server.stop();
    await removeRegion(region);
    await rm(folder, { recursive: true, force: true });
  }
}

async function drive(
  authority: string,
  folder: string,
  signal: AbortSignal,
  onFigure: InHostWanted['onFigure'],
): Promise<Counts> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    let counts: Counts | undefined;
    const exit = Promise.withResolvers<number>();
    const hung = setTimeout(() => exit.reject(new Error('The in-host suite did not end in time.')), limitMs);
    signal.addEventListener('abort', () => exit.reject(signal.reason), { once: true });
    page.on('crash', () => exit.reject(new Error('The editor crashed.')));
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
      const said = args.find((arg): arg is string => typeof arg === 'string' && arg.includes(marker));
      if (said === undefined) return;
      const line = said.slice(said.indexOf(marker) + marker.length);
      if (line.startsWith('counts ')) counts = JSON.parse(line.slice('counts '.length)) as Counts;
      else if (line.startsWith('figure ')) tellFigure(line, onFigure);
      else process.stdout.write(`${line}\n`);
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => exit.resolve(code));
    await page.goto(workbenchUrl(authority, folder, join(root, 'out', 'test', 'in-host', 'index.cjs')));
    const code = await exit.promise.finally(() => clearTimeout(hung));
    if (counts === undefined)
      throw new Error(`The in-host suite ended with code ${code} and without a count.`);
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await browser.close();
  }
}

function tellFigure(line: string, onFigure: InHostWanted['onFigure']): void {
  const [, name = '', value] = line.split(' ');
  onFigure?.(name, Number(value));
}
