import type { Bench } from '../../scripts/bench/bench.ts';
import { openFleet, type Fleet } from '../support/scale.ts';
import { median } from './median.ts';

const sizes = [125, 250, 500, 1000];
const instances = 5;
const passes = 5;

/** The loop over many deployments, without an engine: what it costs to bring them up, and to look at all of them. */
export const bench: Bench = {
  name: 'reconcile',
  figures: {
    'reconcile.cpu_ms_1000x5':
      'CPU time to look at 1,000 deployments of 5 instances each and find that all is as wanted, in ms; median of 5',
    'reconcile.up_cpu_ms_1000x5': 'CPU time to bring all of them up from nothing, in ms',
    'reconcile.growth_exponent':
      'how the first figure grows with the number of deployments, fitted over 125 to 1,000 (1: in proportion)',
  },
  async run({ say }) {
    // The first fleet warms the compiler up, and counts for nothing.
    await measure(sizes[0]!);
    const measured: { size: number; up: number; look: number }[] = [];
    for (const size of sizes) {
      const { up, look } = await measure(size);
      say(`${size} deployments: ${up.toFixed(0)} ms to bring up, ${look.toFixed(0)} ms to look at`);
      measured.push({ size, up, look });
    }
    const largest = measured.at(-1)!;
    return {
      'reconcile.cpu_ms_1000x5': largest.look,
      'reconcile.up_cpu_ms_1000x5': largest.up,
      'reconcile.growth_exponent': exponent(measured.map(({ size, look }) => [size, look])),
    };
  },
};

async function measure(size: number): Promise<{ up: number; look: number }> {
  const fleet = openFleet(size, instances);
  try {
    const up = await cpuMs(async () => {
      const running = fleet.running();
      fleet.loop.start();
      await running;
      await fleet.loop.idle();
    });
    const looks: number[] = [];
    for (let pass = 0; pass < passes; pass += 1) looks.push(await cpuMs(() => lookAtAll(fleet)));
    return { up, look: median(looks) };
  } finally {
    await fleet.dispose();
  }
}

async function lookAtAll({ loop, notary }: Fleet): Promise<void> {
  for (const id of notary.store.deployments.ids()) loop.wake(id);
  await loop.idle();
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Slope of the line through the logarithms, by least squares. */
function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: (point: readonly [number, number]) => number): number =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  return mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2);
}
