import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/build/folders.ts';
import { packVsix } from '../../scripts/build/vsix.ts';
import { settingsFor } from '../../scripts/setup/editorSettings.ts';
import { removeRegion } from '../../scripts/test/removeRegion.ts';
import { ask } from '../support/addressLoad.ts';
import { seriousViolations } from '../support/editor/accessibility.ts';
import { CreateForm } from '../support/editor/createForm.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { themes } from '../support/editor/themes.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { writeSettings } from '../support/editor/workspaceSettings.ts';
import { testImages } from '../support/engine.ts';
import { removeBuilt } from '../support/removeBuilt.ts';

const hostile = '<img src=x onerror=alert(1)>';
/** Beside the form there is the activity bar. */
const besideForm = 48;

/** What a person does with the form, in the real editor: each test goes on where the one before has ended. */
describe('the create form in the editor', function () {
  this.timeout(240_000);
  const region = `forms-${randomBytes(3).toString('hex')}`;
  /** Deployments have the name of this run, so that their images can be told from those of others. */
  const name = `form ${region.slice(-6)}`;
  const repository = name.replace(' ', '-');
  let folder: string;
  let editor: OpenEditor;
  let workbench: Workbench;
  let form: CreateForm;

  const configure = (settings: Readonly<Record<string, unknown>>): Promise<void> =>
    writeSettings(folder, { 'workbench.secondarySideBar.defaultVisibility': 'hidden', ...settings });
  const open = async (command: string): Promise<void> => {
    await workbench.run('View: Close All Editors');
    await workbench.run(command);
    await form.ready();
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-forms-'));
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
    form = new CreateForm(editor.page);
    await editor.page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).waitFor();
  });
  after(async () => {
    await editor?.close();
    await removeRegion(region);
    await removeBuilt(`${repository}-keys`);
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await screenshot(editor.page, `failed-${this.currentTest.title.slice(0, 40).replaceAll(/\W+/g, '-')}`);
  });

  it('can be filled in before there is a region, and starts it', async () => {
    await open('Patr: Create Deployment…');
    await form.fill('name', 'typed before');
    await form.press('Start the local region');
    await form.frame.locator('.card').first().waitFor({ timeout: 90_000 });
    assert.equal(await form.value('name'), 'typed before');
    assert.equal(await form.cost.first().innerText(), 'your machine: free');
  });

  it('says what is wrong at its field while one types, and all of it on a try to create', async () => {
    await form.fill('name', 'ab');
    await form.problem('name').getByText('must have 4 to 255 characters').waitFor();
    assert.equal(await form.problem('repository').count(), 0);
    await form.control('create').click();
    await form.problem('repository').getByText('Repository must be chosen.').waitFor();
    await form.problem('ports').getByText('must have at least one port').waitFor();
    await form.frame.getByRole('navigation').getByRole('img', { name: '2 problems' }).waitFor();
    assert.equal(await form.focused(), 'name');
    await form.fill('name', 'abcd');
    await form.problem('name').waitFor({ state: 'detached' });
  });

  it('says on the rail where one is, by pointer and by keyboard', async () => {
    const at = (label: string) => form.frame.locator('.rail [aria-current]').filter({ hasText: label });
    await form.frame.locator('.rail').getByRole('button', { name: 'Scaling' }).click();
    await at('Scaling').waitFor();
    await form.control('name').focus();
    await at('Details').waitFor();
    await form.scrollTo('review');
    await at('Review').waitFor();
    assert.equal(await form.frame.locator('.rail [aria-current]').count(), 1);
  });

  it('shows hostile text as text', async () => {
    await form.fill('name', hostile);
    await form.review('Name').getByText(hostile, { exact: true }).waitFor();
    assert.equal(await form.frame.locator('img').count(), 0);
  });

  it('takes everything that can be chosen, field by field', async () => {
    await form.fill('name', name);
    await form.choose('repository', 'Create a new repository…');
    await form.fill('new-repository', 'Not A Name');
    await form.press('Create repository');
    await form.problem('new-repository').getByText('must be lower-case letters').waitFor();
    await form.fill('new-repository', 'made/here');
    await form.press('Create repository');
    await form.chosen('repository', 'made/here').waitFor();
    await form.fill('tag', 'Beta');
    await form.press('Add port');
    await form.fill('port-0', '8080');
    await form.press('Add port');
    await form.fill('port-1', '5353');
    await form.choose('port-type-1', 'UDP');
    await form.choose('limit-maxBodyBytes-kind', 'Limit of its own');
    await form.fill('limit-maxBodyBytes', '5');
    await form.press('Add variable');
    await form.fill('variable-0', 'DB_PASSWORD');
    await form.fill('value-0', 'hunter2');
    await form.press('Make it a secret: DB_PASSWORD');
    await form.press('Create secret for DB_PASSWORD');
    await form.chosen('value-0', 'DB_PASSWORD').waitFor();
    await form.press('Paste a .env file…');
    await form.fill('env-text', '# two more\nMODE=prod\nGREETING="hello there"');
    await form.press('Add these variables');
    assert.equal(await form.value('value-2'), 'hello there');
    await form.press('Write new file');
    await form.fill('mount-0', 'app.toml');
    await form.fill('mount-text-0', 'port = 8080\n');
    await form.control('mount-files').setInputFiles({
      name: 'logo.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from([0, 1, 2]),
    });
    assert.equal(await form.value('mount-1'), 'logo.bin');
    await form.control('startup').click();
    await form.fill('startup-path', '/healthz');
    await form.fill('min', '2');
    await form.fill('max', '3');
    await form.press('Add volume');
    await form.frame.locator('#volume-rule').waitFor();
    await form.fill('volume-path-0', '/data');
    await form.fill('volume-size-0', '2');
    await form.frame.getByRole('radio').nth(1).check();
    await form.control('deploy-on-create').click();
    assert.equal(await form.review('Environment').innerText(), '2 raw values, 1 secret');
    assert.equal(await form.review('Instances').innerText(), '2');
    assert.equal(await form.review('Starts').innerText(), 'when you start it');
  });

  it('has nothing that people with a disability would trip over, in every kind of theme', async () => {
    await workbench.run('View: Toggle Primary Side Bar Visibility');
    const { page } = editor;
    try {
      for (const [kind, { theme, css }] of Object.entries(themes)) {
        await configure({ 'workbench.colorTheme': theme });
        await page.locator(`.monaco-workbench.${css}`).waitFor();
        await form.frame.locator(`body[data-vscode-theme-kind]`).waitFor();
        assert.deepEqual(await seriousViolations(form.frame), [], kind);
        for (const width of [400, 1200]) {
          await page.setViewportSize({ width: width + besideForm, height: 900 });
          for (const section of ['details', 'running', 'scaling', 'review']) {
            await form.scrollTo(section);
            await screenshot(page, `create-${section}-${kind}-${width}`);
          }
          const wider = await form.frame
            .locator('body')
            .evaluate((body) => body.scrollWidth > body.clientWidth);
          assert.ok(!wider, `something is wider than the page at ${width}`);
        }
      }
    } finally {
      await page.setViewportSize({ width: 1280, height: 800 });
      await configure({});
    }
  });

  it('keeps what was typed when it is hidden, and when the window is reloaded', async () => {
    const { page } = editor;
    const asTyped = async (): Promise<void> => {
      await form.ready();
      assert.equal(await form.value('name'), name);
      assert.equal(await form.value('value-2'), 'hello there');
      assert.equal(await form.value('mount-text-0'), 'port = 8080\n');
      assert.equal(await form.value('volume-path-0'), '/data');
      assert.equal(await form.review('Starts').innerText(), 'when you start it');
    };
    await workbench.run('View: Show Explorer');
    await workbench.row('Dockerfile').dblclick();
    await page.locator('iframe.webview').waitFor({ state: 'hidden' });
    await page.getByRole('tab', { name: 'Create deployment' }).click();
    await asTyped();
    await workbench.reload();
    await asTyped();
  });

  it('keeps it when the connection is lost, and goes on when it is back', async () => {
    await workbench.run('Patr: Stop the Control Plane');
    await form.frame.locator('#away').waitFor();
    assert.equal(await form.value('name'), name);
    await form.press('Start the local region');
    await form.frame.locator('#away').waitFor({ state: 'detached', timeout: 90_000 });
    await form.chosen('repository', 'made/here').waitFor();
  });

  it('brings back what the server refuses to its field', async () => {
    // Taken by then: a volume of this name is made elsewhere, which the form cannot know.
    await form.fill('volume-name-0', 'taken data');
    await workbench.closeNotifications();
    await form.control('create').click();
    await workbench.notification(`${name} is created.`).waitFor();
    await open('Patr: Create Deployment…');
    await form.fill('name', `${name} two`);
    await form.choose('repository', 'made/here');
    await form.press('Add port');
    await form.fill('port-0', '8080');
    await form.press('Add volume');
    await form.fill('volume-name-0', 'taken data');
    await form.fill('volume-path-0', '/data');
    await form.control('deploy-on-create').click();
    await form.control('create').click();
    await form.problem('volume-name-0').getByText('is already taken').waitFor();
    assert.equal(await form.focused(), 'volume-name-0');
    await form.frame.getByRole('alert').getByText('The volume taken data cannot be made').waitFor();
    await form.fill('volume-name-0', 'other data');
    await form.problem('volume-name-0').waitFor({ state: 'detached' });
  });

  it("opens with another deployment's values", async () => {
    await workbench.run('View: Close All Editors');
    await workbench.run('Patr: Duplicate Deployment…');
    await workbench.quickInput.getByText(name).first().waitFor();
    await editor.page.keyboard.press('Enter');
    await form.ready();
    assert.equal(await form.value('name'), `${name}-copy`);
    assert.equal(await form.value('tag'), 'beta');
    assert.equal(await form.value('mount-text-0'), 'port = 8080\n');
    assert.equal(await form.value('volume-name-0'), 'taken data-copy');
    assert.equal(await form.value('startup-path'), '/healthz');
    assert.equal(await form.value('limit-maxBodyBytes'), '5');
    assert.equal(await form.review('Environment').innerText(), '2 raw values, 1 secret');
    assert.equal(await form.review('Ports').innerText(), '5353 UDP, 8080 HTTP');
  });

  it('goes from a Dockerfile to an address that answers, by keyboard alone', async () => {
    const { page } = editor;
    const { keyboard } = page;
    await workbench.run('View: Close All Editors');
    await workbench.run('Patr: Customize and Deploy to Patr…');
    await form.ready();
    await form.untilFocused('name');
    await form.markAll();
    await keyboard.type(`${name} keys`);
    assert.equal(await form.value('port-0'), '8080');
    await form.tabTo('add-variable');
    await keyboard.press('Enter');
    await form.untilFocused('variable-0');
    await keyboard.type('GREETING');
    await keyboard.press('Tab');
    await keyboard.type('by keyboard');
    await form.tabTo('startup');
    await keyboard.press('Space');
    await form.tabTo('max');
    await form.markAll();
    await keyboard.type('2');
    await form.tabTo('create');
    await keyboard.press('Enter');
    await workbench.quickInput.getByText('What the build sends').waitFor();
    await keyboard.press('Enter');
    const done = workbench.notification(`${name} keys is serving`);
    await done.waitFor({ timeout: 120_000 });
    const [url = ''] = /http:\/\/[^\s,]+/.exec(await done.innerText()) ?? [];
    assert.equal((await ask(url)).status, 200);
    await page.getByRole('tab', { name: 'Deploy Dockerfile' }).waitFor({ state: 'detached' });
  });
});
