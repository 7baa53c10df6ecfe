import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ContainerUsage } from '../../../../src/control-plane/executors/containerUsage.ts';
import type { ContainerRecord, StatsSample } from '../../../../src/docker/engine.ts';

const id = 'c'.repeat(64);
const networks = [
  'Inter-|   Receive                                                |  Transmit',
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop',
  '    lo:     999      10    0    0    0     0          0         0      999      10    0    0',
  '  eth0:     796      10    0    0    0     0          0         0       42       1    0    0',
  '  eth1:       4       1    0    0    0     0          0         0        8       1    0    0',
].join('\n');
const version1 = {
  [`cgroup/cpuacct/docker/${id}/cpuacct.usage`]: '25000000\n',
  [`cgroup/memory/docker/${id}/memory.usage_in_bytes`]: '9000\n',
  [`cgroup/memory/docker/${id}/memory.stat`]: 'cache 5\ninactive_file 1\ntotal_inactive_file 4000\n',
  [`cgroup/memory/docker/${id}/memory.limit_in_bytes`]: '64000\n',
};
const slice = `cgroup/system.slice/docker-${id}.scope`;
const version2 = {
  [`${slice}/cpu.stat`]: 'usage_usec 25000\nuser_usec 20000\n',
  [`${slice}/memory.current`]: '9000\n',
  [`${slice}/memory.stat`]: 'anon 1\ninactive_file 4000\n',
  [`${slice}/memory.max`]: '64000\n',
};
const told = {
  at: 5,
  cpuNanoseconds: 25_000_000,
  memoryBytes: 5000,
  memoryLimitBytes: 64_000,
  receivedBytes: 800,
  sentBytes: 50,
};

describe('what containers use', () => {
  let folder: string;
  let pid: number;
  let asked: string[];
  let usage: ContainerUsage;
  const byEngine: StatsSample = { at: 1, cpuNanoseconds: 1 };

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  const process = (number: number, container: string): Promise<void> =>
    write({
      [`proc/${number}/cgroup`]: `4:memory:/docker/${container}\n0::/../docker-${container}.scope\n`,
      [`proc/${number}/net/dev`]: networks,
    });
  const sample = async (): Promise<StatsSample | undefined> => (await usage.of([id], {})).get(id);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-kernel-'));
    pid = 7;
    asked = [];
    usage = new ContainerUsage({
      engine: {
        inspectContainer: async () => {
          asked.push('inspect');
          return { pid } as ContainerRecord;
        },
        stats: async () => {
          asked.push('stats');
          return byEngine;
        },
      },
      kernel: { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') },
      now: () => 5,
    });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const [name, files] of Object.entries({ version1, version2 }))
    it(`is read from the kernel, ${name} of its groups, and the engine is asked for the process once`, async () => {
      await process(7, id);
      await write(files);
      assert.deepEqual([await sample(), await sample()], [told, told]);
      assert.deepEqual(asked, ['inspect']);
    });

  it('has no limit beyond what the machine has', async () => {
    await process(7, id);
    await write({ ...version2, [`${slice}/memory.max`]: 'max\n' });
    const { memoryLimitBytes = 0 } = (await sample()) ?? {};
    assert.ok(memoryLimitBytes > 64_000 && Number.isFinite(memoryLimitBytes));
  });

  it('is asked of the engine where the files are not seen, or a process here has the number by chance', async () => {
    await process(7, 'd'.repeat(64));
    await write(version1);
    assert.deepEqual([await sample(), await sample()], [byEngine, byEngine]);
    assert.deepEqual(asked, ['inspect', 'stats', 'stats']);
  });

  it('is looked for anew until it has a process, and once that is another', async () => {
    await process(7, id);
    await write(version1);
    pid = 0;
    assert.deepEqual(await sample(), byEngine);
    pid = 7;
    assert.deepEqual(await sample(), told);
    await rm(join(folder, 'proc/7'), { recursive: true });
    assert.deepEqual(await sample(), byEngine);
    pid = 8;
    await process(8, id);
    assert.deepEqual(await sample(), told);
    assert.deepEqual(asked, ['inspect', 'stats', 'inspect', 'stats', 'inspect']);
  });

  it('is forgotten of containers that are gone', async () => {
    await process(7, id);
    await write(version1);
    await sample();
    usage.keepOnly(new Set());
    await sample();
    assert.deepEqual(asked, ['inspect', 'inspect']);
  });
});
