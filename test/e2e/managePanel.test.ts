import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, anInstance, aRelease } from '../support/fakePatrState.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { Panel } from '../support/editor/panel.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { Workbench } from '../support/editor/workbench.ts';

const id = '5'.repeat(32);
const name = '<img onerror=alert(1)> & web';

describe('the panel of a deployment', function () {
  this.timeout(240_000);
  let folder: string;
  let patr: FakePatr;
  let editor: OpenEditor;
  let workbench: Workbench;
  let panel: Panel;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-manage-'));
    patr = await FakePatr.start();
    put();
    editor = await openEditor({ folder, lookAlike: patr.url, width: 1248, height: 900 });
    workbench = new Workbench(editor.page);
    panel = new Panel(editor.page);
  });
  after(async () => {
    await editor?.close();
    await patr?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(editor.page, 'failed-manage');
  });

  function put(): void {
    const at = Date.now();
    patr.state.put(
      aDeployment({
        id,
        name,
        instances: { ready: 1, wanted: 2 },
        liveRelease: 2,
        reason: {
          code: 'portNotListening',
          message:
            'The image listens on port 3000, and the deployment exposes 8080. Change the port, or let the program listen on 8080.',
          lines: ['> web@1.0.0 start', '> node server.js', '', 'listening on 3000'],
          port: 8080,
          listening: [3000],
        },
      }),
    );
    patr.state.repositories.set('4'.repeat(32), 'shop/web');
    patr.state.instances.set(id, [
      anInstance({ id: 'a'.repeat(12), release: 2, startedAt: at - 3_700_000 }),
      anInstance({
        id: 'b'.repeat(12),
        release: 2,
        state: 'backingOff',
        restarts: 3,
        startedAt: at - 5000,
        reason: { code: 'exited', message: 'It exited with code 1 after 2 seconds.' },
      }),
    ]);
    patr.state.releases.set(id, [
      aRelease({
        number: 3,
        state: 'failed',
        cause: 'push',
        created: at - 60_000,
        reason: { code: 'portNotListening', message: 'It never listened on port 8080.' },
      }),
      aRelease({
        number: 2,
        state: 'live',
        cause: 'update',
        created: at - 7_200_000,
        tookMs: 2400,
        proof: { requests: 12_345, failures: 0, cutOverMs: 18, drainMs: 1200 },
      }),
      aRelease({
        number: 1,
        state: 'retired',
        cause: 'create',
        created: at - 86_400_000 * 2,
        tookMs: 5400,
        digest: `sha256:${'9'.repeat(64)}`,
      }),
    ]);
    patr.state.events.set(id, [
      {
        id: 2,
        at: at - 61_000,
        kind: 'releaseFailed',
        message: 'Version 3 is given up: 3 of its instances failed, and 3 are allowed.',
        release: 3,
      },
      {
        id: 1,
        at: at - 7_000_000,
        kind: 'live',
        message: 'Version 2 takes all traffic: 2 of 2 instances are ready.',
        release: 2,
      },
    ]);
  }

  it('opens from the palette and shows how it is', async () => {
    await workbench.run('Patr: Manage');
    await panel.control('status').getByText('running, with a problem').waitFor();
    const text = await panel.frame.locator('main').innerText();
    for (const words of [
      'Change the port, or let the program listen on 8080.',
      'listening on 3000',
      '1/2 ready · v2',
      'shop/web:latest',
      'It exited with code 1 after 2 seconds.',
      'Version 3 is given up',
      '12,345 requests while it rolled out, none failed',
    ])
      assert.ok(text.includes(words), `${words} is not in: ${text}`);
  });

  it('shows a name that looks like markup as text, in the page and on its tab', async () => {
    assert.equal(await panel.frame.locator('h1').innerText(), name);
    assert.equal(await panel.frame.locator('img').count(), 0);
    await editor.page.getByRole('tab', { name: '<img onerror=alert(1)> & web' }).waitFor();
  });

  it('follows what happens elsewhere', async () => {
    tell({ status: 'stopped', reason: undefined, instances: { ready: 0, wanted: 0 } });
    await panel.control('status').getByText('stopped').waitFor();
    await panel.control('start').waitFor();
    assert.equal(await panel.control('stop').count(), 0);
    await panel.press('Start');
    await panel.control('status').getByText('running').waitFor();
    assert.ok(patr.seen.some((one) => one.name === 'startDeployment'));
  });

  it('mends what the reason names, with one button', async () => {
    put();
    tell({});
    await panel.press('Change the port to 3000');
    await panel.frame.locator('#view-overview').waitFor();
    await until(() => patr.seen.some((one) => one.name === 'updateDeployment'));
    const { body } = patr.seen.find((one) => one.name === 'updateDeployment')!;
    assert.deepEqual((body as { ports: unknown }).ports, { 3000: 'http' });
  });

  it('is where it was after it was hidden', async () => {
    await panel.tab('Image history');
    await panel.frame.locator('.release').first().waitFor();
    await workbench.run('File: New Untitled Text File');
    await panel.frame.locator('main').waitFor({ state: 'detached' });
    await workbench.run('Patr: Manage');
    await panel.frame.locator('.release').nth(2).waitFor();
    const text = await panel.frame.locator('[data-release="2"]').innerText();
    assert.match(text, /live\s+Configuration changed/);
  });

  it('goes when the deployment is deleted after its name was typed', async () => {
    await panel.press('Delete…');
    await workbench.quickInput.locator('input').fill(name);
    await editor.page.keyboard.press('Enter');
    await panel.frame.locator('main').waitFor({ state: 'detached' });
    assert.equal(patr.state.deployments.size, 0);
  });

  function tell(changes: Parameters<FakePatr['state']['change']>[1]): void {
    patr.state.change(id, changes);
    for (const change of patr.state.takeChanges()) patr.tell(change);
  }
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 25));
}
