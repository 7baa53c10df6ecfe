import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../../scripts/bench/bench.ts';
import { root } from '../../scripts/build/folders.ts';
import { packVsix } from '../../scripts/build/vsix.ts';
import { ensureBrowser } from '../../scripts/setup/browser.ts';
import { ensureEditor } from '../../scripts/setup/editor.ts';
import { buildAll } from '../../esbuild.config.mjs';
import { CreateForm } from '../support/editor/createForm.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { openEditor } from '../support/editor/openEditor.ts';
import { Panel } from '../support/editor/panel.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { median, percentile } from './median.ts';

const rounds = 7;
const variables = 500;
const keys = 100;

/** What a person waits for in a form: that it is there, and that a key shows. */
export const bench: Bench = {
  name: 'forms',
  figures: {
    'forms.create_paint_ms': `from the beginning of the form's page to its first picture, in a real editor, median of ${rounds} (aim below 200)`,
    'forms.create_typing_ms': `one key in a form with ${variables} environment variables, until what follows from it is drawn and laid out, 95 of 100 keys are quicker (aim below 16)`,
    'forms.manage_paint_ms': `from the beginning of a deployment's page to its picture with everything in it, before a look-alike of Patr in a real editor, median of ${rounds} (aim below 200)`,
  },
  async run({ say }) {
    await ensureBrowser(say);
    await ensureEditor(say);
    const manage = await managePaints();
    const { path: vsix } = await packVsix();
    const folder = await mkdtemp(join(tmpdir(), 'patr-forms-bench-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    const editor = await openEditor({
      folder,
      vsix,
      env: { PATR_REGION_NAME: `forms-bench-${process.pid}` },
    });
    try {
      await editor.page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).waitFor();
      const workbench = new Workbench(editor.page);
      const form = new CreateForm(editor.page);
      const paints: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await workbench.run('View: Close All Editors');
        await workbench.run('Patr: Create Deployment…');
        await form.ready();
        paints.push(await firstPicture(form));
      }
      const typing = await typeAmong(form);
      return {
        'forms.create_paint_ms': median(paints),
        'forms.create_typing_ms': Math.round(percentile(typing, 0.95) * 10) / 10,
        'forms.manage_paint_ms': median(manage),
      };
    } finally {
      await editor.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Milliseconds until the panel of a deployment has its largest picture: the deployment, not the words before it. */
async function managePaints(): Promise<number[]> {
  await buildAll(['extension', 'engine', 'webview', 'inHost']);
  const folder = await mkdtemp(join(tmpdir(), 'patr-manage-bench-'));
  const patr = await FakePatr.start();
  patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
  const editor = await openEditor({ folder, lookAlike: patr.url });
  try {
    const workbench = new Workbench(editor.page);
    const panel = new Panel(editor.page);
    const paints: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await workbench.run('View: Close All Editors');
      await workbench.run('Patr: Manage Deployment');
      await panel.control('status').waitFor();
      paints.push(await largestPicture(panel));
    }
    return paints;
  } finally {
    await editor.close();
    await patr.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function largestPicture(panel: Panel): Promise<number> {
  return panel.frame.locator('body').evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? 0)).observe({
          type: 'largest-contentful-paint',
          buffered: true,
        });
      }),
  );
}

function firstPicture(form: CreateForm): Promise<number> {
  return form.frame.locator('body').evaluate(() => {
    const [entry] = performance.getEntriesByName('first-contentful-paint');
    if (entry === undefined) throw new Error('The page has not told when it was painted.');
    return entry.startTime;
  });
}

/** Milliseconds of each key in the middle one of many variables. */
async function typeAmong(form: CreateForm): Promise<number[]> {
  const text = Array.from({ length: variables }, (_, index) => `NAME_${index}=value ${index}`).join('\n');
  await form.press('Paste a .env file…');
  await form.fill('env-text', text);
  await form.press('Add these variables');
  const middle = form.input(`value-${variables / 2}`);
  await middle.waitFor();
  return middle.evaluate(async (element, times) => {
    const input = element as HTMLInputElement;
    const taken: number[] = [];
    for (let key = 0; key < times; key += 1) {
      const began = performance.now();
      input.value += 'x';
      input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
      // Drawing is a microtask; asking for a size lays it out.
      await Promise.resolve();
      await Promise.resolve();
      document.body.getBoundingClientRect();
      taken.push(performance.now() - began);
    }
    return taken;
  }, keys);
}
