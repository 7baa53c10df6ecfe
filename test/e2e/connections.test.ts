import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { root } from '../../scripts/build/folders.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { themes } from '../support/editor/themes.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { writeSettings } from '../support/editor/workspaceSettings.ts';
import { startCurrent } from '../support/patr/current.ts';
import { addRow } from '../support/patr/deployments.ts';
import type { PatrDouble } from '../support/patr/double.ts';
import { patrId } from '../support/patr/world.ts';

/** The local region and servers elsewhere in one view, as a person sees and uses them. No engine is needed. */
describe('connections in the workbench', function () {
  this.timeout(120_000);
  let folder: string;
  let local: FakePatr;
  let cloud: PatrDouble;
  let own: PatrDouble;
  let editor: OpenEditor;
  let workbench: Workbench;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-connections-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    await writeSettings(folder, {});
    [local, cloud, own] = [await FakePatr.start(), await startCurrent(), await startCurrent()];
    local.state.put(aDeployment({ id: 'c'.repeat(32), name: 'web shop' }));
    local.state.put(aDeployment({ id: 'd'.repeat(32), name: 'worker', status: 'stopped' }));
    addRow(cloud.world, 'api gateway');
    addRow(cloud.world, 'billing', { status: 'errored' });
    own.world.workspaces[0] = { id: own.world.workspaceId, name: 'staging' };
    editor = await openEditor({ folder, lookAlike: local.url, settings: {}, width: 1280 });
    workbench = new Workbench(editor.page);
  });
  after(async () => {
    await editor?.close();
    await Promise.all([local, cloud, own].map((one) => one?.stop()));
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(editor.page, 'failed-connections');
  });

  async function signIn({ url, world }: PatrDouble): Promise<void> {
    const { page, quickInput } = workbench;
    await workbench.run('Patr: Sign In…');
    await quickInput.getByText('Another server').first().click();
    const box = quickInput.locator('input');
    await quickInput.getByText('Address of the server').waitFor();
    await box.fill(url);
    await page.keyboard.press('Enter');
    await quickInput.getByText('API token; it is kept').waitFor();
    await box.fill(world.token);
    await page.keyboard.press('Enter');
  }
  const row = (name: string | RegExp): Locator => workbench.row(name);

  it('stand side by side, each with what is deployed there and what helps where it does not stand', async () => {
    const { page, statusBar } = workbench;
    await page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
    await row(/^Deployment web shop/).waitFor();
    await signIn(cloud);
    await row(/^Connection acme/).waitFor();
    await row(/^Deployment api gateway/).waitFor();
    await signIn(own);
    await row(/^Connection staging/).waitFor();
    own.world.token = `patrv1.${patrId(1)}.${patrId(2)}`;
    await workbench.closeNotifications();
    await workbench.run('Patr: Refresh');
    await row(/^Connection staging.*sign in again/).waitFor();
    await workbench.unfold(row(/^Connection staging/));
    await row(/^Sign in again.*does not take your API token/).waitFor();
    await statusBar.getByText('Local').waitFor();
    for (const [kind, { theme, css }] of Object.entries(themes)) {
      await writeSettings(folder, { 'workbench.colorTheme': theme });
      await page.locator(`.monaco-workbench.${css}`).waitFor();
      await row(/^Connection staging/).hover();
      await screenshot(page, `connections-${kind}`);
    }
  });

  it('are signed in to again at the node, and switched in the status bar', async () => {
    const { page, quickInput, statusBar } = workbench;
    await row(/^Connection staging/).hover();
    await row(/^Connection staging/)
      .getByRole('button', { name: 'Sign In…' })
      .click();
    await quickInput.getByText('API token; it is kept').waitFor();
    await quickInput.locator('input').fill(own.world.token);
    await page.keyboard.press('Enter');
    await row(/^Create a deployment. No deployment is here yet/).waitFor();
    await statusBar.getByText('Local').click();
    await workbench.quickInputTitle.getByText('Switch connection').waitFor();
    await screenshot(page, 'connections-switch');
    await quickInput.getByText('acme').first().click();
    await statusBar.getByText('acme').waitFor();
    assert.ok((await workbench.menuOf(row(/^Connection acme/))).includes('Disconnect from a Workspace…'));
    await page.keyboard.press('Escape');
  });
});
