import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { ManagedUrl, ManagedUrlTarget } from '../../src/protocol/shapes/managedUrl.ts';
import { headAt } from '../support/edge/urlChanges.ts';
import { launchBrowser } from '../support/editor/browser.ts';
import { testImages } from '../support/engine.ts';
import { targetAt } from '../support/localRegion.ts';
import { startRegionProcess, type RegionProcess } from '../support/regionProcess.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
const host = 'www.shop.localhost';

/** The whole way: the API, the state, the edge, and a browser that asks. */
describe('a managed URL', function () {
  this.timeout(180_000);
  let region: RegionProcess;
  let target: Target;
  let browser: Browser;
  let deploymentId: string;
  let domainId: string;
  let httpPort: number;

  before(async () => {
    region = await startRegionProcess('urls');
    const reached = await targetAt(region.endpoint);
    ({ target } = reached);
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const wanted = { name: 'behind urls', regionId: reached.region.id, ports: [8080] };
    const made = await deploy(target, source, wanted, tools);
    assert.ok(made.kind === 'serving' && made.url !== undefined, JSON.stringify(made));
    ({ deploymentId } = made);
    httpPort = Number(new URL(made.url).port);
    const body = { domain: 'shop.localhost', nameserverType: 'external' as const };
    ({ id: domainId } = await target.api.addDomain({ params: workspace(), body }));
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await region?.close();
  });

  const workspace = () => ({ workspaceId: target.workspaceId });
  const create = async (path: string, urlType: ManagedUrlTarget): Promise<string> =>
    (
      await target.api.createManagedUrl({
        params: workspace(),
        body: { subDomain: 'www', domainId, path, urlType },
      })
    ).id;

  async function until<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = await ask();
      if (right(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(answer)}`);
      await systemClock.sleep(50);
    }
  }

  const answers = (path: string, wanted: RegExp): Promise<string> =>
    until(
      () => headAt(httpPort, host, path),
      (answer) => wanted.test(answer),
    );

  it('leads a browser to a deployment, and a redirect from there to its own address', async () => {
    await create('/', { type: 'proxyDeployment', deploymentId, port: 8080 });
    const url = `behind-urls.localhost:${httpPort}/`;
    await create('/go', { type: 'redirect', url, permanentRedirect: false, httpOnly: true });
    await answers('/go', /^307 /);
    const page = await browser.newPage();
    await page.goto(`http://${host}:${httpPort}/`);
    assert.match(await page.innerText('body'), /version/);
    await page.goto(`http://${host}:${httpPort}/go`);
    assert.equal(new URL(page.url()).host, `behind-urls.localhost:${httpPort}`);
    assert.match(await page.innerText('body'), /version/);
    await page.close();
  });

  it('keeps its deployment from being deleted, and says where it is', async () => {
    const params = { ...workspace(), deploymentId };
    await assert.rejects(
      target.api.deleteDeployment({ params }),
      /used by the managed URLs www\.shop\.localhost\/\./,
    );
  });

  it('goes on answering without a control plane, and is taken over when the state was lost', async () => {
    await region.kill();
    assert.match(await headAt(httpPort, host, '/go'), /^307 /);
    for (const file of ['state.db', 'state.db-wal', 'state.db-shm']) {
      await rm(join(region.stateDir, file), { force: true });
    }
    await region.restart();
    ({ target } = await targetAt(region.endpoint));
    const listed = async (): Promise<readonly ManagedUrl[]> =>
      (await target.api.listManagedUrls({ params: workspace(), query: {} })).urls;
    const urls = await until(listed, ({ length }) => length === 2);
    assert.deepEqual(urls.map(({ path, type }) => `${path} ${type}`).toSorted(), [
      '/ proxyDeployment',
      '/go redirect',
    ]);
    assert.match(await headAt(httpPort, host, '/go'), /^307 /);
    const gone = urls.find(({ path }) => path === '/go');
    await target.api.deleteManagedUrl({ params: { ...workspace(), managedUrlId: gone!.id } });
    // The deployment has what is below `/` again.
    await answers('/go', /^[^3]/);
  });
});
