import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from '../../scripts/bench/bench.ts';
import { root } from '../../scripts/build/folders.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { JourneyEvent } from '../../src/deploy/contract.ts';
import { deploy, type JourneyTools } from '../../src/deploy/journey.ts';
import type { Source, Target } from '../../src/deploy/target.ts';
import { openTestRegion, targetAt } from '../support/localRegion.ts';

/** A region of its own and the sample in a folder that may be changed. */
export interface SampleRegion {
  readonly target: Target;
  readonly folder: string;
  readonly source: Source;
  /** What journeys stand on, with somebody who hears how they go. */
  tools(tell?: (event: JourneyEvent) => void): JourneyTools;
  /** Deploys the sample as it is now. @throws when it does not serve. */
  deploy(tools: JourneyTools): Promise<{ readonly deploymentId: string; readonly url: string }>;
}

/** Lets something be measured, and takes region and folder away. */
export async function withSampleRegion<T>(
  { images }: BenchContext,
  measure: (sample: SampleRegion) => Promise<T>,
): Promise<T> {
  process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
  const region = await openTestRegion('bench');
  const folder = await mkdtemp(join(tmpdir(), 'patr-bench-'));
  try {
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    const { target, region: runner } = await targetAt(await region.host.ensure(() => undefined));
    const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: images.node } };
    return await measure({
      target,
      folder,
      source,
      tools: (tell = () => undefined) => ({
        engine: region.engine,
        clock: systemClock,
        chance: Math.random,
        tell,
      }),
      async deploy(tools) {
        const choice = { name: 'sample', regionId: runner.id, ports: [8080] };
        const made = await deploy(target, source, choice, tools);
        if (made.kind !== 'serving' || made.url === undefined) throw new Error('The sample does not serve.');
        return { deploymentId: made.deploymentId, url: made.url };
      },
    });
  } finally {
    await region.close();
    await rm(folder, { recursive: true, force: true });
  }
}
