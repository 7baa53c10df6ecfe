import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/build/folders.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { startCurrent } from '../support/patr/current.ts';
import type { PatrDouble } from '../support/patr/double.ts';
import { patrId } from '../support/patr/world.ts';
import { selfSigned, TlsFront } from '../support/tls.ts';

/** What a person does with pointer and keyboard to get at a server of their own, and away from it again. */
describe('signing in, in the editor', function () {
  this.timeout(120_000);
  let folder: string;
  let patr: PatrDouble;
  let front: TlsFront;
  let editor: OpenEditor;
  let workbench: Workbench;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-accounts-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    patr = await startCurrent();
    patr.world.workspaces.push({ id: patrId(0xb1), name: 'beta' });
    front = await TlsFront.start(patr.url, await selfSigned('patr.example.com', ['127.0.0.1']));
    const settings = { 'patr.docker.host': 'unix:///nowhere/docker.sock' };
    editor = await openEditor({ folder, settings });
    workbench = new Workbench(editor.page);
    await editor.page.locator('.activitybar').getByRole('tab', { name: 'Patr' }).click();
  });
  after(async () => {
    await editor?.close();
    await front?.stop();
    await patr?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await screenshot(editor.page, `failed-${this.currentTest.title.slice(0, 40).replaceAll(/\W+/g, '-')}`);
  });

  const box = () => workbench.quickInput.locator('input[type=text], input[type=password]');

  it('is offered where there is no engine, and checks what is typed', async () => {
    const { page, quickInput } = workbench;
    await page.getByRole('button', { name: 'Sign In…' }).click();
    await quickInput.getByText('Another server…').waitFor();
    await screenshot(page, 'sign-in-where');
    await quickInput.getByText('Another server…').click();
    await box().fill('ftp://patr');
    await quickInput.getByText('A server is reached over https').waitFor();
    await screenshot(page, 'sign-in-address');
    await box().fill(front.url);
    await page.keyboard.press('Enter');
  });

  it('asks about a certificate, then for a token, and says at the box what is wrong with it', async () => {
    const { page, quickInput } = workbench;
    const dialog = page.getByRole('dialog').filter({ hasText: 'SHA-256' });
    await dialog.waitFor();
    await screenshot(page, 'sign-in-certificate');
    await dialog.getByRole('button', { name: 'Trust This Certificate' }).click();
    await quickInput.getByText('key store of your system').waitFor();
    assert.equal(await box().getAttribute('type'), 'password');
    await box().fill(`patrv1.${'0'.repeat(32)}.${'1'.repeat(32)}`);
    await page.keyboard.press('Enter');
    await quickInput.getByText('does not take this token').waitFor();
    await screenshot(page, 'sign-in-token');
    await box().fill(patr.world.token);
    await page.keyboard.press('Enter');
  });

  it('connects to the workspaces that are ticked', async () => {
    const { page, quickInput } = workbench;
    await quickInput.getByText('beta', { exact: true }).waitFor();
    await screenshot(page, 'sign-in-workspaces');
    await quickInput.getByText('beta', { exact: true }).click();
    await page.keyboard.press('Enter');
    for (const name of ['acme', 'beta']) await workbench.row(`Connection ${name}`).waitFor();
    await screenshot(page, 'sign-in-done');
  });

  it('is known to the Accounts menu, where one can sign out', async () => {
    const { page } = workbench;
    const accounts = page.getByRole('button', { name: 'Accounts', exact: true });
    const account = page.getByRole('menuitem', { name: /^asha \(127\.0\.0\.1:\d+\)/ });
    await accounts.click();
    await account.hover();
    const signOut = page.getByRole('menuitem', { name: 'Sign Out' });
    await signOut.waitFor();
    await screenshot(page, 'sign-in-accounts');
    await signOut.click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Sign Out/ })
      .click();
    await workbench.row('Connection acme').waitFor({ state: 'detached' });
    // The menu shows who is signed in at the moment when it is opened.
    for (let listed = true; listed; await page.keyboard.press('Escape')) {
      await accounts.click();
      await page.getByRole('menuitem', { name: 'Manage Extension Account Preferences' }).waitFor();
      listed = await account.isVisible();
    }
  });
});
