import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { Workbench } from '../support/editor/workbench.ts';

const id = '5'.repeat(32);

/** One person with a window, and another one with another. */
describe('config mounts in two windows', function () {
  this.timeout(240_000);
  let patr: FakePatr;
  let folder: string;
  const editors: OpenEditor[] = [];

  const content = (): string =>
    Buffer.from(patr.state.deployments.get(id)?.configMounts['app.yaml'] ?? '', 'base64').toString();
  const one = (at: number): Page => {
    const page = editors[at]?.page;
    assert.ok(page, `there is no window ${at}`);
    return page;
  };
  const lines = (page: Page) => page.locator('.editor-instance .view-lines').first();
  const open = async (page: Page): Promise<void> => {
    await new Workbench(page).run('Patr: Open Config Mount');
    await page.locator('.tab.active', { hasText: 'app.yaml' }).waitFor();
    await lines(page).getByText('port').waitFor();
  };
  const type = async (page: Page, text: string): Promise<void> => {
    await lines(page).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
    await page.locator('.tab.active.dirty').waitFor();
  };

  before(async () => {
    patr = await FakePatr.start();
    folder = await mkdtemp(join(tmpdir(), 'patr-two-windows-'));
    const configMounts = { 'app.yaml': Buffer.from('port: 8080').toString('base64') };
    patr.state.put(aDeployment({ id, name: 'web shop', configMounts }));
    // In a browser the editor saves by itself, a moment after something was typed.
    const settings = { 'files.autoSave': 'off' };
    for (const _ of ['one', 'other'])
      editors.push(await openEditor({ folder, lookAlike: patr.url, settings }));
  });
  after(async () => {
    for (const editor of editors) await editor.close();
    await patr?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(one(1), 'failed-config-mounts');
  });

  it('say what a save does and did, and show it where the document is clean', async () => {
    await open(one(0));
    await open(one(1));
    const status = new Workbench(one(0)).statusBar;
    await status.getByText('web shop: a save is in every instance at once').waitFor();
    await type(one(0), 'port: 9090');
    await one(0).keyboard.press('Control+S');
    await status.getByText('web shop: Applied on 1/1 instance, generation 2, 12 ms').waitFor();
    assert.equal(content(), 'port: 9090');
    await lines(one(1)).getByText('9090').waitFor();
    await screenshot(one(0), 'config-mount-saved');
  });

  it("neither lose nor force a save over somebody else's: the editor shows its conflict", async () => {
    await type(one(1), 'port: 7070');
    await type(one(0), 'port: 6060');
    await one(0).keyboard.press('Control+S');
    await one(0).locator('.tab.active:not(.dirty)').waitFor();
    await one(1).keyboard.press('Control+S');
    // It is said, and not shown: a window without the focus keeps what it has to say.
    await one(1).locator('.statusbar .codicon-bell-dot').waitFor();
    assert.equal(content(), 'port: 6060');
    assert.ok((await lines(one(1)).innerText()).includes('7070'));
    // Had it been forced, nothing of what the other one saved would be there to go back to.
    await new Workbench(one(1)).run('File: Revert File');
    await lines(one(1)).getByText('6060').waitFor();
    await type(one(1), 'port: 5050');
    await one(1).keyboard.press('Control+S');
    await one(1).locator('.tab.active:not(.dirty)').waitFor();
    assert.equal(content(), 'port: 5050');
  });
});
