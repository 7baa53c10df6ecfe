import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { openReaders } from '../support/configReaders.ts';
import { openTestRegion, targetAt } from '../support/localRegion.ts';
import { median, percentile } from './median.ts';

const saves = 2000;

/** Saves of three files together, while every instance reads them in a loop at full speed. */
export const bench: Bench = {
  name: 'config',
  figures: {
    'config.saves': `saves of three files together (10 B, 2 KB, 60 KB) on one instance, and as many on ten`,
    'config.reads': 'reads of a file by all readers meanwhile, by its name and through one generation',
    'config.bad_reads':
      'reads of a missing, empty or half file, or of files of two generations as one (aim 0)',
    'config.save_to_visible_ms_median':
      'from the request until the reader in every one of ten instances has read it (aim below 100)',
    'config.save_to_visible_ms_p99': 'the same, the slowest of a hundred',
    'config.one_instance_ms_median': 'the same on one instance',
    'config.one_instance_ms_p99': 'the same on one instance, the slowest of a hundred',
  },
  async run({ images, say }: BenchContext) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const region = await openTestRegion('bench');
    try {
      const reached = await targetAt(await region.host.ensure(() => undefined));
      const world = { engine: region.engine, ...reached };
      const reports = [];
      for (const instances of [1, 10]) {
        const readers = await openReaders(world, instances);
        await readers.save(saves);
        const report = await readers.report();
        say(`${instances}: ${report.reads} reads, ${report.wrong} wrong ${report.bad.join('; ')}`);
        say(`${instances}: median of the answers ${median(report.answeredMs)} ms`);
        reports.push(report);
        const { target } = reached;
        const { deploymentId } = readers;
        await target.api.deleteDeployment({ params: { workspaceId: target.workspaceId, deploymentId } });
      }
      const [one, ten] = reports;
      if (one === undefined || ten === undefined) throw new Error('Nothing was measured.');
      return {
        'config.saves': one.saves + ten.saves,
        'config.reads': one.reads + ten.reads,
        'config.bad_reads': one.wrong + ten.wrong,
        'config.save_to_visible_ms_median': median(ten.visibleMs),
        'config.save_to_visible_ms_p99': percentile(ten.visibleMs, 0.99),
        'config.one_instance_ms_median': median(one.visibleMs),
        'config.one_instance_ms_p99': percentile(one.visibleMs, 0.99),
      };
    } finally {
      await region.close();
    }
  },
};
