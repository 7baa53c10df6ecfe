import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import type { UrlRoute } from '../../src/control-plane/edge/contract.ts';
import { freePort } from '../support/distribution.ts';
import { assertNoFailures, startLoad } from '../support/edge/load.ts';
import { startTestEdge } from '../support/edge/testEdge.ts';
import { changeUrls, headAt } from '../support/edge/urlChanges.ts';
import { startUpstream } from '../support/edge/upstream.ts';
import { totalOf } from './loadTotal.ts';
import { median } from './median.ts';

const changes = 100;
const host = 'www.shop.localhost';
const deploymentId = 'a'.repeat(32);

/** A hundred changes of managed URLs beside one that is under load of every kind. */
export const bench: Bench = {
  name: 'urls',
  figures: {
    'urls.requests': `requests of every kind during ${changes} changes of managed URLs: added, led elsewhere, removed`,
    'urls.failures': 'of them failed (aim 0)',
    'urls.reloads': 'reloads of the proxy (aim 0)',
    'urls.change_ms':
      'from the wish to a change being in force, median under load, in milliseconds (aim 1000)',
    'urls.longest_change_ms': 'the longest of them',
  },
  run: measure,
};

async function measure({ images }: BenchContext) {
  process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
  const proxy = await startTestEdge({ slots: 4 });
  const port = await freePort();
  const upstream = await startUpstream('first', '127.0.0.2', port);
  try {
    const members = [{ instanceId: 'first', address: upstream.address, state: 'ready' as const }];
    await proxy.edge().apply({ deploymentId, ports: [{ port, hosts: ['web.localhost'], members }] });
    const stays: UrlRoute = {
      id: 'stays',
      domain: { id: 'd'.repeat(32), name: 'shop.localhost' },
      subDomain: 'www',
      path: '/',
      target: { type: 'proxyDeployment', deploymentId, port },
    };
    await proxy.edge().routeUrls([stays]);
    const load = startLoad(proxy.target(host));
    const curl = (path: string) => headAt(proxy.httpPort, host, path);
    const took = await changeUrls({ edge: proxy.edge(), changes, stays, curl });
    const results = await load.stop();
    assertNoFailures(results);
    const { done, failed } = totalOf(results);
    return {
      'urls.requests': done,
      'urls.failures': failed,
      'urls.reloads': proxy.reloads(),
      'urls.change_ms': Math.round(median(took)),
      'urls.longest_change_ms': Math.round(Math.max(...took)),
    };
  } finally {
    await upstream.stop();
    await proxy.close();
  }
}
