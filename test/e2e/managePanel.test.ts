import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problem } from '../../src/protocol/problems.ts';
import type { LogLine } from '../../src/protocol/shapes/log.ts';
import { formatTimestamp } from '../../src/protocol/wire.ts';
import { seriousViolations } from '../support/editor/accessibility.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, anInstance, aRelease } from '../support/fakePatrState.ts';
import { anHourMeasured } from '../support/measured.ts';
import { aManagedUrl } from '../support/resources.ts';
import { openEditor, type OpenEditor } from '../support/editor/openEditor.ts';
import { Panel } from '../support/editor/panel.ts';
import { screenshot } from '../support/editor/screenshot.ts';
import { themes } from '../support/editor/themes.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { writeSettings } from '../support/editor/workspaceSettings.ts';

const id = '5'.repeat(32);
const name = '<img onerror=alert(1)> & web';
const volumeId = '7'.repeat(32);
/** Beside the panel there is the activity bar. */
const besidePanel = 48;
/** Without what is wrong with it, and with something to change. */
const usual = {
  name: 'web shop',
  reason: undefined,
  environmentVariables: { MODE: 'plain', SIZE: '5' },
  maxHorizontalScale: 3,
  revision: 20,
};

/** A line of the first instance, n milliseconds after a moment. */
function printed(n: number, log: string): LogLine {
  const at = formatTimestamp(Date.UTC(2026, 0, 1) + n);
  return { timestamp: at, log, id: `g.${n}`, instance: 'a'.repeat(12), stream: 'stdout' };
}

/** One of each kind. */
const told: readonly LogLine[] = [
  printed(
    2000,
    '\u001b[31mred\u001b[0m and <img src=x onerror=alert(1)> \u001b[1;32mgreen\u001b[0m \u001b[2mfaint\u001b[0m',
  ),
  printed(2001, JSON.stringify({ level: 50, msg: 'paid https://shop.example/4711', order: 4711 })),
  { ...printed(2002, '    at serve (/app/server.js:12:7) it broke'), stream: 'stderr' },
  { ...printed(2003, '… 12,345 lines dropped: they came faster than they can be kept'), dropped: 12_345 },
];

describe('the panel of a deployment', function () {
  this.timeout(240_000);
  let folder: string;
  let patr: FakePatr;
  let editor: OpenEditor;
  let workbench: Workbench;
  let panel: Panel;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-manage-'));
    await writeFile(join(folder, 'server.js'), '// of a program\n'.repeat(20));
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

  const configure = (settings: Readonly<Record<string, unknown>>): Promise<void> =>
    writeSettings(folder, settings);
  const consequence = (words: string): Promise<void> =>
    panel.control('consequences').getByText(words).waitFor();
  const updates = (): number => patr.seen.filter((one) => one.name === 'updateDeployment').length;
  const lastUpdate = (): unknown => patr.seen.findLast((one) => one.name === 'updateDeployment')?.body;

  function put(): void {
    const at = Date.now();
    patr.state.put(
      aDeployment({
        id,
        name,
        instances: { ready: 1, wanted: 2 },
        liveRelease: 2,
        addresses: [
          { port: 8080, type: 'http', url: 'https://web.apps.example.com' },
          { port: 5432, type: 'tcp', host: '203.0.113.5', publicPort: 20_004 },
        ],
        certificate: {
          state: 'waitingForDns',
          message: 'web.apps.example.com could not be checked: no A record was found for it',
        },
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
    patr.state.volumes.splice(0, 1, { id: volumeId, name: 'web data', size: 2, deploymentId: id });
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
    const waiting = {
      records: [
        {
          type: 'A' as const,
          name: 'api.example.com',
          value: '203.0.113.5',
          found: ['198.51.100.1'],
          present: false,
        },
      ],
      message: 'The A record at api.example.com is 198.51.100.1. It has to be 203.0.113.5.',
    };
    const urls = [
      aManagedUrl({ deploymentId: id, port: 8080 }),
      aManagedUrl({
        id: 'f'.repeat(32),
        deploymentId: id,
        port: 8080,
        path: '/',
        address: 'https://api.example.com/',
        state: 'waitingForDns',
        isConfigured: false,
        ...waiting,
      }),
    ];
    for (const url of urls) patr.state.urls.set(url.id, url);
    const measured = (before: number, cpuUsage: string) => {
      return { timestamp: at - before, cpuUsage, cpuAllocated: 1, requests: 12, p50: 2, p95: 8, p99: 30 };
    };
    patr.state.metrics.set(id, {
      metrics: [],
      total: [measured(20_000, '0.1'), measured(0, '0.3')],
      stepSeconds: 10,
      marks: [{ kind: 'rollout', at, release: 2, cause: 'update' }],
    });
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
    await workbench.run('Patr: Manage Deployment');
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
      '203.0.113.5:20004',
      'Certificate waiting for DNS: web.apps.example.com could not be checked',
    ])
      assert.ok(text.includes(words), `${words} is not in: ${text}`);
  });

  it('shows a name that looks like markup as text, in the page and on its tab', async () => {
    assert.equal(await panel.frame.locator('h1').innerText(), name);
    assert.equal(await panel.frame.locator('img').count(), 0);
    await editor.page.getByRole('tab', { name: '<img onerror=alert(1)> & web' }).waitFor();
  });

  it('has tabs that arrows, Home and End walk through', async () => {
    const tab = (title: string) => panel.frame.getByRole('tab', { name: title });
    await tab('Overview').press('End');
    await panel.frame.locator('.release').first().waitFor();
    await tab('Image history').press('ArrowRight');
    assert.equal(await tab('Overview').getAttribute('aria-selected'), 'true');
    await tab('Overview').press('ArrowRight');
    await panel.control('log-list').waitFor();
    await tab('Logs').press('ArrowRight');
    await panel.frame.locator('#metrics-heading').waitFor();
    await tab('Metrics').press('ArrowRight');
    await panel.control('variable-0').or(panel.control('add-variable')).first().waitFor();
    await tab('Configuration').press('Home');
    await panel.frame.locator('#addresses-heading').waitFor();
  });

  it('draws what was measured, moves along it by keys, and has the same figures as a table', async () => {
    await panel.tab('Metrics');
    const cpu = panel.frame.locator('[data-chart="cpu"]');
    await cpu.locator('canvas').waitFor();
    const readout = cpu.locator('.readout');
    await readout.getByText('CPU 30 %').waitFor();
    await cpu.locator('.canvas').press('Home');
    await readout.getByText('CPU 10 %').waitFor();
    await cpu.locator('.canvas').press('ArrowRight');
    await readout.getByText('CPU –').waitFor();
    await cpu.getByText('Show as table').click();
    await cpu.locator('tbody tr').nth(1).waitFor();
    assert.equal(await cpu.locator('tbody tr').count(), 2);
    assert.match(await cpu.locator('tbody tr').first().innerText(), /30 %\s+v2 rolled out/);
    await cpu.getByText('Show as table').click();
    await panel.tab('Overview');
    const glance = panel.frame.getByRole('region', { name: 'Last hour' });
    assert.match(await glance.innerText(), /CPU\s+30 % [▁-█] █/);
  });

  it('has the last hour under the pointer in the view, too', async () => {
    await workbench.run('Patr: Focus on Deployments View');
    await workbench.row(/img onerror/).hover();
    await editor.page
      .locator('.monaco-hover:visible')
      .getByText(/CPU 30 %.[▁-█].█/)
      .waitFor();
    await screenshot(editor.page, 'manage-tooltip');
    await workbench.run('View: Focus Active Editor Group');
  });

  it('says that there are no metrics where the server measures none', async () => {
    const measured = patr.state.metrics.get(id)!;
    const none = { cpuUsage: '', memoryUsage: '', networkUsageTx: '', networkUsageRx: '' };
    patr.state.metrics.set(id, { metrics: [{ timestamp: Date.now(), ...none }] });
    await panel.tab('Metrics');
    await panel.control('no-metrics').getByText('This server has no metrics').waitFor();
    patr.state.metrics.set(id, measured);
    await panel.tab('Overview');
    await panel.frame.getByRole('region', { name: 'Last hour' }).waitFor();
  });

  it('tells what instances use', async () => {
    const [first, ...others] = patr.state.instances.get(id) ?? [];
    const usage = { cpus: 0.126, memoryBytes: 45_000_000, memoryLimitBytes: 500_000_000 };
    patr.state.instances.set(id, [{ ...first!, usage }, ...others]);
    const row = panel.frame.getByRole('row', { name: 'sample-aaaa' });
    await row.getByText('45 MB of 500 MB').waitFor();
    assert.match(await row.innerText(), /13 %/);
  });

  it('shows where its URLs lead, and which record is missing beside what was found', async () => {
    await panel.tab('URLs');
    const row = panel.frame.getByRole('row', { name: 'api.example.com' });
    assert.match(await row.innerText(), /A\s+api\.example\.com\s+203\.0\.113\.5\s+198\.51\.100\.1/);
    await panel.press('Copy, www.example.com/shop');
    await panel.tab('Overview');
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
    await panel.frame.locator('#tab-overview').waitFor();
    await until(() => patr.seen.some((one) => one.name === 'updateDeployment'));
    const { body } = patr.seen.find((one) => one.name === 'updateDeployment')!;
    assert.deepEqual((body as { ports: unknown }).ports, { 3000: 'http' });
  });

  it('says what saving does, and saves everything as one update of what it was typed over', async () => {
    patr.seen.length = 0;
    tell({ ...usual });
    await panel.tab('Configuration');
    await panel.frame.locator('#deploy-on-push').click();
    await consequence('Nothing restarts.');
    await panel.fill('value-0', 'dark');
    await consequence('Rolls out without downtime');
    await panel.choose('limit-maxBodyBytes-kind', 'Limit of its own');
    await panel.fill('limit-maxBodyBytes', '2.5');
    await panel.choose('limit-maxRequestsPerInstance-kind', 'No limit');
    await consequence('Holds at the edge within a second');
    await panel.control('limits-heading').evaluate((heading) => heading.scrollIntoView());
    await screenshot(editor.page, 'manage-limits');
    await panel.tab('Scaling');
    await panel.fill('max', '4');
    await panel.press('Save');
    await panel.frame.locator('.saving').waitFor({ state: 'detached' });
    assert.deepEqual(lastUpdate(), {
      deployOnPush: false,
      environmentVariables: { MODE: 'dark', SIZE: '5' },
      trafficLimits: { maxBodyBytes: 2_500_000, maxRequestsPerInstance: null },
      maxHorizontalScale: 4,
      ifRevision: 20,
    });
    assert.equal(updates(), 1);
  });

  it('saves nothing while a field is wrong, and shows at its field what the server refuses', async () => {
    patr.seen.length = 0;
    await panel.tab('Configuration');
    await panel.fill('name', 'ab');
    await panel.press('Save');
    await panel.control('name-problem').getByText('must have 4 to 255 characters').waitFor();
    assert.equal(updates(), 0);
    await panel.fill('name', 'taken name');
    const fields = [{ field: 'name', message: 'is already taken' }];
    patr.refuse('updateDeployment', problem('resourceAlreadyExists', { fields }));
    await panel.press('Save');
    await panel.control('name-problem').getByText('is already taken').waitFor();
    assert.equal(await panel.value('name'), 'taken name');
    await panel.press('Discard');
    assert.equal(await panel.value('name'), usual.name);
  });

  it('shows an edit that collides with one made elsewhere, and overwrites neither', async () => {
    await panel.fill('value-0', 'mine');
    await panel.fill('value-1', '6');
    tell({ environmentVariables: { MODE: 'theirs', SIZE: '5', MORE: 'new' }, revision: 30 });
    const collision = panel.frame.getByRole('group', { name: 'Collision: variable MODE' });
    await collision.waitFor();
    assert.match(await collision.innerText(), /Yours\s+mine\s+Theirs\s+theirs/);
    assert.equal(await panel.value('value-0'), 'mine');
    assert.equal(await panel.value('variable-2'), 'MORE');
    assert.equal(await panel.control('save').getAttribute('disabled'), '');
    await screenshot(editor.page, 'manage-collision');
    await panel.press('Take theirs: variable MODE');
    assert.equal(await panel.value('value-0'), 'theirs');
    patr.seen.length = 0;
    await panel.press('Save');
    await panel.frame.locator('.saving').waitFor({ state: 'detached' });
    assert.deepEqual(lastUpdate(), {
      environmentVariables: { MODE: 'theirs', SIZE: '6', MORE: 'new' },
      ifRevision: 30,
    });
  });

  it('keeps what was typed when the server knows of a change that the page was not told of', async () => {
    await panel.fill('value-0', 'late');
    patr.refuse('updateDeployment', problem('revisionConflict'));
    await panel.press('Save');
    await panel.control('refusal').getByText('changed elsewhere').waitFor();
    assert.equal(await panel.value('value-0'), 'late');
    tell({ environmentVariables: { MODE: 'first' }, revision: 40 });
    await panel.press('Keep yours: variable MODE');
    await panel.press('Save');
    await panel.frame.locator('.saving').waitFor({ state: 'detached' });
    assert.deepEqual(lastUpdate(), { environmentVariables: { MODE: 'late' }, ifRevision: 40 });
  });

  it('deletes volumes of instances only for those who said that they know', async () => {
    tell({
      ...usual,
      volumes: { [volumeId]: '/data' },
      minHorizontalScale: 3,
      maxHorizontalScale: 3,
      instances: { ready: 3, wanted: 3 },
      revision: 50,
    });
    patr.state.volumeData = [0, 1, 2].map((instance) => ({ volumeId, instance, bytes: 650_000_000 }));
    patr.seen.length = 0;
    // What is typed before the page knows of three is the number that there was, and no change.
    await panel.frame.getByText('3/3 ready').waitFor();
    await panel.tab('Scaling');
    await panel.fill('min', '1');
    await consequence('Deletes the volume of 2 instances, 1.3 GB');
    await panel.control('archive-volumes').getByText('Save the data first…').waitFor();
    assert.equal(await panel.control('save').getAttribute('disabled'), '');
    await screenshot(editor.page, 'manage-data-loss');
    await panel.control('know-loss').click();
    await panel.press('Save');
    await panel.frame.locator('.saving').waitFor({ state: 'detached' });
    assert.deepEqual(lastUpdate(), {
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ifRevision: 50,
      allowDataLoss: true,
    });
    patr.state.volumeData = [];
  });

  it('loses nothing that was typed when it is hidden, or when there is nobody to ask', async () => {
    tell({ ...usual, volumes: {}, revision: 60 });
    await panel.tab('Configuration');
    await panel.fill('value-0', 'typed');
    await workbench.run('File: New Untitled Text File');
    await panel.frame.locator('main').waitFor({ state: 'detached' });
    patr.refuse('getDeployment', problem('unauthorized', { says: 'The region does not know you.' }));
    await workbench.run('Patr: Manage Deployment');
    await panel.frame.locator('#away').waitFor();
    await panel.press('Look again');
    await panel.control('status').waitFor();
    assert.equal(await panel.value('value-0'), 'typed');
    await consequence('Rolls out without downtime');
    await panel.press('Discard');
  });

  it('shows what its instances print, and goes on while they do', async () => {
    const lines = Array.from({ length: 1200 }, (_, n) => printed(n, `GET /item/${n}`));
    patr.state.logs.set(id, lines);
    await panel.tab('Logs');
    const rows = panel.frame.locator('.log-row');
    await rows.getByText('GET /item/1199').waitFor();
    assert.ok((await rows.count()) < 100, 'rows that nobody sees are drawn');
    patr.state.logs.set(id, [...lines, ...told]);
    await rows.getByText('it broke').waitFor();
    assert.equal(await rows.last().getAttribute('aria-setsize'), '504');
    // Somebody reads: older lines are read as one comes to the beginning, and what comes does not move them.
    await panel.control('log-lines').press('Home');
    await panel.control('log-follow').getByText('Follow').waitFor();
    await until(async () => Number(await rows.first().getAttribute('aria-setsize')) > 504);
    await panel.press('Follow');
    await rows.getByText('it broke').waitFor();
  });

  it('tells the lines apart, and says all of one that is chosen', async () => {
    const rows = panel.frame.locator('.log-row');
    await rows.getByText('it broke').click();
    const details = panel.frame.locator('.log-details');
    await details.getByText('at serve (/app/server.js:12:7)').waitFor();
    await details.getByRole('button', { name: 'Open /app/server.js:12' }).waitFor();
    assert.equal(await panel.frame.locator('.tone-1').innerText(), 'red');
    await rows.getByText('paid').click();
    await details.locator('dd', { hasText: /^4711$/ }).waitFor();
    await details.getByRole('button', { name: 'Open https://shop.example/4711' }).waitFor();
    assert.equal(await panel.frame.locator('.log-row img').count(), 0);
    await panel.control('log-lines').press('Escape');
    await details.waitFor({ state: 'detached' });
  });

  it('finds what is looked for, and keeps it while it is hidden', async () => {
    await panel.fill('log-search', 'ITEM/12');
    const rows = panel.frame.locator('.log-row');
    await panel.frame.locator('.log-row[aria-setsize="11"]').first().waitFor();
    await rows.getByText('GET /item/129').waitFor();
    await panel.tab('Overview');
    await panel.tab('Logs');
    assert.equal(await panel.value('log-search'), 'ITEM/12');
    await panel.frame.locator('.log-row[aria-setsize="11"]').first().waitFor();
    await panel.press('Clear filter');
    await rows.getByText('it broke').waitFor();
  });

  it('jumps to a time, and reads on from there in both directions', async () => {
    const rows = panel.frame.locator('.log-row');
    const at = Date.UTC(2026, 0, 1);
    const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
    await panel.control('log-until').fill(local.slice(0, 19));
    await rows.getByText('GET /item/999', { exact: true }).waitFor();
    await panel.control('log-lines').press('End');
    await rows.getByText('it broke').waitFor();
    await panel.frame.getByText('Nothing newer was there when this was read.').waitFor();
    await screenshot(editor.page, 'manage-logs-jumped');
    await panel.control('log-lines').press('Home');
    await until(async () => Number(await rows.first().getAttribute('aria-setsize')) > 704);
    await panel.control('log-lines').press('Home');
    await rows.getByText('GET /item/0', { exact: true }).waitFor();
    await panel.control('log-lines').press('Escape');
    await panel.press('Follow from now on');
    await rows.getByText('it broke').waitFor();
  });

  it('copies what is shown, and saves and opens all that is looked for', async () => {
    const { page } = editor;
    tell({ name: usual.name });
    await panel.frame.locator('h1', { hasText: usual.name }).waitFor();
    await panel.press('Copy what is shown');
    await panel.fill('log-search', 'item/12');
    await panel.frame.locator('.log-row[aria-setsize="11"]').first().waitFor();
    await panel.press('Save…');
    await workbench.quickInput.locator('input').waitFor();
    await page.keyboard.press('Enter');
    const saved = join(folder, 'web-shop.log');
    await until(async () => (await readFile(saved, 'utf8').catch(() => '')).includes('GET /item/129\n'));
    const lines = (await readFile(saved, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 11);
    assert.equal(lines[0], `${new Date(Date.UTC(2026, 0, 1) + 12).toISOString()} aaaaaa GET /item/12`);
    await panel.press('Open as document');
    const text = page.locator('.monaco-editor .view-line');
    await text.getByText('aaaaaa GET /item/129').click();
    await page.keyboard.press('Control+A');
    await workbench.menuOf(text.getByText('aaaaaa GET /item/129'));
    await workbench.choose('Paste');
    await text.getByText('red and <img src=x onerror=alert(1)>').waitFor();
    await workbench.statusBar.getByText(/Ln \d+, Col 63/).waitFor();
    await workbench.run('Patr: Manage Deployment');
    await panel.press('Clear filter');
    await panel.frame.locator('.log-row').getByText('it broke').waitFor();
  });

  it('leads to the file and line that a line names, and to an address once the editor has asked', async () => {
    const { page } = editor;
    await panel.frame.locator('.log-row').getByText('paid').click();
    await panel.press('Open https://shop.example/4711');
    // An editor of automated tests shows no dialog, and says which one it would have shown.
    await panel.control('log-trouble').getByText('open the external website?').waitFor();
    await panel.frame.locator('.log-row').getByText('it broke').click();
    await panel.press('Open /app/server.js:12');
    await workbench.statusBar.getByText('Ln 12, Col 7').waitFor();
    await page.getByRole('tab', { name: 'server.js', selected: true }).waitFor();
    await workbench.run('Patr: Manage Deployment');
  });

  it('makes problems of lines that fit the pattern for it, until the pattern is another', async () => {
    const { page } = editor;
    await configure({ 'patr.logs.problemPattern': 'it broke' });
    await panel.frame.locator('.log-row').getByText('it broke').waitFor();
    await workbench.run('View: Toggle Problems');
    const problems = page.locator('.markers-panel');
    const ours = problems.getByText('web shop: at serve (/app/server.js:12:7) it broke');
    // What comes before the editor has read the setting is not looked at: then another line comes.
    let n = 3000;
    do {
      patr.state.logs.set(id, [...patr.state.logs.get(id)!, { ...told[2]!, id: `g.${n}` }]);
      n += 1;
    } while (
      !(await ours.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      ))
    );
    await problems.getByText('[Ln 12, Col 7]').waitFor();
    await screenshot(page, 'manage-log-problem');
    await configure({});
    await problems.getByText('No problems have been detected').waitFor();
    await workbench.run('View: Toggle Panel Visibility');
    await problems.waitFor({ state: 'hidden' });
  });

  it('has nothing that people with a disability would trip over, in every kind of theme', async () => {
    const { page } = editor;
    put();
    tell({ ...usual, minHorizontalScale: 1, maxHorizontalScale: 3, revision: 70 });
    await panel.tab('Configuration');
    await panel.fill('value-0', 'changed');
    patr.state.metrics.set(id, anHourMeasured(Date.now()));
    await workbench.run('View: Toggle Primary Side Bar Visibility');
    await panel.tab('Metrics');
    // Who can be chosen is known once it was read.
    await panel.frame.locator('[data-chart="restarts"] canvas').waitFor();
    await panel.choose('shown', 'a line for each');
    await panel.frame.locator('[data-chart="cpu"]').getByText('Show as table').click();
    for (const [kind, { theme, css }] of Object.entries(themes)) {
      await configure({ 'workbench.colorTheme': theme });
      await page.locator(`.monaco-workbench.${css}`).waitFor();
      for (const tab of [
        'Overview',
        'Logs',
        'Metrics',
        'Configuration',
        'Scaling',
        'URLs',
        'Image history',
      ]) {
        await panel.tab(tab);
        if (tab === 'Logs') await panel.frame.locator('.log-row').getByText('paid').click();
        if (tab === 'Metrics') await panel.frame.locator('[data-chart="restarts"] canvas').waitFor();
        assert.deepEqual(await seriousViolations(panel.frame), [], `${tab}, ${kind}`);
        for (const width of [400, 1200]) {
          const height = tab === 'Metrics' ? 2000 : 900;
          await page.setViewportSize({ width: width + besidePanel, height });
          await screenshot(page, `manage-${tab.toLowerCase().replace(' ', '-')}-${kind}-${width}`);
          const wider = await panel.frame
            .locator('body')
            .evaluate((body) => body.scrollWidth > body.clientWidth);
          assert.ok(!wider, `something on ${tab} is wider than the page at ${width}`);
        }
      }
    }
    await panel.tab('Configuration');
    await panel.press('Discard');
  });

  it('is where it was after it was hidden', async () => {
    await panel.tab('Image history');
    await panel.frame.locator('.release').first().waitFor();
    await workbench.run('File: New Untitled Text File');
    await panel.frame.locator('main').waitFor({ state: 'detached' });
    await workbench.run('Patr: Manage Deployment');
    await panel.frame.locator('.release').nth(2).waitFor();
    const text = await panel.frame.locator('[data-release="2"]').innerText();
    assert.match(text, /live\s+configuration changed/);
  });

  it('goes when the deployment is deleted after its name was typed', async () => {
    await panel.press('Delete…');
    await workbench.quickInput.locator('input').fill(usual.name);
    await editor.page.keyboard.press('Enter');
    await panel.frame.locator('main').waitFor({ state: 'detached' });
    assert.equal(patr.state.deployments.size, 0);
  });

  function tell(changes: Parameters<FakePatr['state']['change']>[1]): void {
    patr.state.change(id, changes);
    for (const change of patr.state.takeChanges()) patr.tell(change);
  }
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}
