import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/build/folders.ts';
import { packVsix } from '../../scripts/build/vsix.ts';
import { must } from '../../scripts/setup/processes.ts';
import { settingsFor } from '../../scripts/setup/editorSettings.ts';
import { removeRegion } from '../../scripts/test/removeRegion.ts';
import { ask } from '../support/addressLoad.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { Panel } from '../support/editor/panel.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { themes } from '../support/editor/themes.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { writeSettings } from '../support/editor/workspaceSettings.ts';
import { testImages } from '../support/engine.ts';
import { removeBuilt } from '../support/removeBuilt.ts';

/** What a person does with pointer and keyboard, in the real workbench. Pictures of it are kept for people to look at. */
describe('the workbench', function () {
  this.timeout(240_000);
  const region = `workbench-${randomBytes(3).toString('hex')}`;
  /** The deployment has the name of this run, so that its images can be told from those of others. */
  const name = `hello ${region.slice(-6)}`;
  const repository = name.replace(' ', '-');
  let folder: string;
  let editor: OpenEditor;
  let workbench: Workbench;

  const configure = (settings: Readonly<Record<string, unknown>>): Promise<void> =>
    writeSettings(folder, settings);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-workbench-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    await configure({});
    const { path: vsix } = await packVsix();
    editor = await openEditor({
      folder,
      vsix,
      settings: settingsFor(testImages()),
      env: { PATR_REGION_NAME: region },
    });
    workbench = new Workbench(editor.page);
  });
  after(async () => {
    await editor?.close();
    await removeRegion(region);
    await removeBuilt(repository);
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await screenshot(editor.page, `failed-${this.currentTest.title.slice(0, 40).replaceAll(/\W+/g, '-')}`);
  });

  it('says what to do before there is a region', async () => {
    const { page } = workbench;
    await page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
    await page.getByRole('button', { name: 'Start the Local Region' }).waitFor();
    await screenshot(page, 'welcome-not-started');
    await configure({ 'patr.docker.host': 'unix:///nowhere/docker.sock' });
    await page.getByText('No Docker engine was found').waitFor();
    await screenshot(page, 'welcome-no-engine');
    await configure({});
    await page.getByRole('button', { name: 'Start the Local Region' }).waitFor();
  });

  it('offers to deploy a Dockerfile in the explorer, on its tab and in the editor, and nothing else', async () => {
    const { page } = workbench;
    await workbench.run('View: Show Explorer');
    assert.ok((await workbench.menuOf(workbench.row('Dockerfile'))).includes('Deploy to Patr…'));
    await screenshot(page, 'menu-explorer');
    await page.keyboard.press('Escape');
    assert.ok(!(await workbench.menuOf(workbench.row('server.js'))).includes('Deploy to Patr…'));
    await page.keyboard.press('Escape');
    await workbench.row('Dockerfile').dblclick();
    // The menu of a tab goes by the language, which is known once the file is.
    await workbench.statusBar.getByText('Docker', { exact: true }).waitFor();
    const tab = page.getByRole('tab', { name: 'Dockerfile' });
    assert.ok((await workbench.menuOf(tab)).includes('Deploy to Patr…'));
    await page.keyboard.press('Escape');
    const line = page.locator('.editor-instance .view-line').first();
    assert.ok((await workbench.menuOf(line)).includes('Deploy to Patr…'));
    await page.keyboard.press('Escape');
  });

  it('goes from a right click to an address that answers', async () => {
    const { page } = workbench;
    await workbench.menuOf(workbench.row('Dockerfile'));
    await workbench.choose('Deploy to Patr…');
    await workbench.quickInput.getByText('(1/3)').waitFor();
    await screenshot(page, 'deploy-1-region');
    await page.keyboard.press('Enter');
    await workbench.quickInput.getByText('(2/3)').waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('web!');
    await workbench.quickInput.getByText('must have 4 to 255 characters').waitFor();
    await screenshot(page, 'deploy-2-name-refused');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
    await workbench.quickInput.getByText('(3/3)').waitFor();
    await screenshot(page, 'deploy-3-context');
    await workbench.quickInput.getByRole('button', { name: 'Back' }).click();
    await workbench.quickInput.getByText('(2/3)').waitFor();
    await page.keyboard.press('Enter');
    await workbench.quickInput.getByText('(3/3)').waitFor();
    await page.keyboard.press('Enter');
    await workbench.notification(`Deploying ${name}`).waitFor();
    await workbench.notification(/Building|Pushing/).waitFor({ timeout: 60_000 });
    await screenshot(page, 'deploy-4-progress');
    const done = workbench.notification(`${name} is serving`);
    await done.waitFor({ timeout: 120_000 });
    await screenshot(page, 'deploy-5-serving');
    const text = await done.innerText();
    const [url = ''] = /http:\/\/[^\s,]+/.exec(text) ?? [];
    assert.equal((await ask(url)).status, 200);
    const popup = page.context().waitForEvent('page');
    await done.getByRole('button', { name: 'Open' }).click();
    assert.ok((await popup).url().startsWith('http://') || (await popup).url() === 'about:blank');
    await (await popup).close();
  });

  it('shows it in the tree and in the status bar, in every kind of theme', async () => {
    const { page } = workbench;
    await page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
    await workbench.row(`Deployment ${name}`).waitFor();
    await workbench.row(`Deployment ${name}`).click();
    await page.keyboard.press('ArrowRight');
    await workbench.row('Instances').waitFor();
    await workbench.row('Instances').click();
    await page.keyboard.press('ArrowRight');
    await workbench.row(/^Instance /).waitFor();
    await workbench.statusBar.getByText(name).waitFor();
    for (const [kind, { theme, css }] of Object.entries(themes)) {
      await configure({ 'workbench.colorTheme': theme });
      await page.locator(`.monaco-workbench.${css}`).waitFor();
      await workbench.row(`Deployment ${name}`).hover();
      await screenshot(page, `tree-${kind}`);
    }
    const menu = await workbench.menuOf(workbench.row(`Deployment ${name}`));
    for (const label of ['Open in the Browser', 'Push', 'Show Logs', 'Stop Deployment', 'Delete Deployment…'])
      assert.ok(menu.includes(label), `${label} is not in: ${menu.join(', ')}`);
    assert.ok(!menu.includes('Start Deployment'));
    await screenshot(page, 'menu-deployment');
    await page.keyboard.press('Escape');
  });

  it('has a panel for it, which is there again after the window was reloaded', async () => {
    const { page } = workbench;
    const panel = new Panel(page);
    await workbench.menuOf(workbench.row(`Deployment ${name}`));
    await workbench.choose('Manage Deployment');
    await panel.control('status').getByText('running').waitFor();
    await panel.tab('Image history');
    await workbench.reload();
    const release = panel.frame.locator('[data-release="1"]');
    await release.getByText('live', { exact: true }).waitFor();
    assert.match(await release.innerText(), /created/);
    await screenshot(page, 'manage-real-history');
  });

  it('opens a shell in an instance, and what is typed there happens there', async () => {
    const { page } = workbench;
    // The window was loaded anew, and with it the tree.
    await workbench.unfold(workbench.row(`Deployment ${name}`));
    await workbench.unfold(workbench.row('Instances'));
    await workbench.menuOf(workbench.row(/^Instance /));
    await workbench.choose('Open Shell');
    await page.locator('.terminal-wrapper.active .xterm').waitFor();
    await page.keyboard.type('echo $((40+2)) > /tmp/typed\n');
    const found = await must('docker', ['ps', '-q', `--filter=name=patr-${region}-${repository}-`]);
    const [instance = ''] = found.split('\n');
    const typed = async (): Promise<string> =>
      must('docker', ['exec', instance, 'sh', '-c', 'cat /tmp/typed 2>/dev/null || true']);
    while (!(await typed()).includes('42'));
    await screenshot(page, 'shell');
    await page.keyboard.type('exit\n');
    await page.locator('.terminal-wrapper.active .xterm').waitFor({ state: 'hidden' });
  });

  it('filters the tree, and tells what was decided and why', async () => {
    const { page } = workbench;
    await workbench.run('Patr: Filter Deployments…');
    await workbench.quickInputTitle.getByText('Filter deployments').waitFor();
    await page.keyboard.type('nothing like that');
    await page.getByText('No deployment matches the filter.').waitFor();
    await screenshot(page, 'tree-nothing-matches');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('hello');
    await page.getByText('1 of 1 match').waitFor();
    await page.keyboard.press('Enter');
    await screenshot(page, 'tree-filtered');
    await page.getByRole('button', { name: 'Clear the Deployments Filter' }).click();
    await page.getByText('1 of 1 match').waitFor({ state: 'hidden' });
    await workbench.menuOf(workbench.row(`Deployment ${name}`));
    await workbench.choose('Show Events');
    await page.locator('.editor-instance .view-line', { hasText: 'v1 live, created' }).waitFor();
    await screenshot(page, 'events');
  });

  it('says above the Dockerfile how its deployment is', async () => {
    const { page } = workbench;
    await workbench.run('View: Show Explorer');
    await workbench.row('Dockerfile').dblclick();
    await page.locator('.codelens-decoration', { hasText: `${name}: running` }).waitFor();
    for (const [kind, { theme, css }] of Object.entries(themes)) {
      await configure({ 'workbench.colorTheme': theme });
      await page.locator(`.monaco-workbench.${css}`).waitFor();
      await screenshot(page, `codelens-${kind}`);
    }
  });

  it('renames and deletes by key what is selected, after asking', async () => {
    const { page } = workbench;
    await page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
    await workbench.row(`Deployment ${name}`).click();
    await page.keyboard.press('F2');
    await workbench.quickInputTitle.getByText(`Rename ${name}`).waitFor();
    await screenshot(page, 'rename');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await workbench.quickInputTitle.getByText(`Delete ${name}`).waitFor();
    await page.keyboard.press('Escape');
  });

  it('builds nothing in a workspace that is not trusted, and says so', async () => {
    await editor.close();
    const { path: vsix } = await packVsix();
    editor = await openEditor({ folder, vsix, trusted: false, env: { PATR_REGION_NAME: region } });
    workbench = new Workbench(editor.page);
    const { page } = workbench;
    await page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
    await page.getByRole('button', { name: 'Manage Workspace Trust' }).first().waitFor();
    await screenshot(page, 'welcome-untrusted');
    await workbench.run('View: Show Explorer');
    assert.ok(!(await workbench.menuOf(workbench.row('Dockerfile'))).includes('Deploy to Patr…'));
    await page.keyboard.press('Escape');
    await workbench.run('Patr: Deploy to Patr…');
    await workbench.notification('Nothing is built or started').waitFor();
  });
});
