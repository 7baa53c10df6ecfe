import { readFile } from 'node:fs/promises';
import type { Bench } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { openTestRegion } from '../support/localRegion.ts';

/** How long it rests before it is looked at, in milliseconds: start-up garbage is gone by then. */
const restMs = 20_000;

/** What a control plane costs that has nothing to do. */
export const bench: Bench = {
  name: 'controlplane',
  figures: {
    'controlplane.idle_rss_mb': 'resident memory of the control plane at rest, in its container, in MB',
  },
  async run({ images }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const region = await openTestRegion('rest');
    try {
      await region.host.ensure(() => undefined);
      await systemClock.sleep(restMs);
      const record = await region.engine.inspectContainer(`patr-${region.name}-control-plane`);
      if (record === 'absent' || record.pid === undefined) throw new Error('The control plane does not run.');
      const status = await readFile(`/proc/${record.pid}/status`, 'utf8');
      const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
      return { 'controlplane.idle_rss_mb': (kilobytes * 1024) / 1e6 };
    } finally {
      await region.close();
    }
  },
};
