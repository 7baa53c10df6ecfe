import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { VolumeArchives } from '../../../../src/control-plane/executors/volumeArchives.ts';
import type { ContainerRecord, ContainerSpec } from '../../../../src/docker/engine.ts';

/** Containers by nothing but their names, which are their ids too, and an archive that is read when a test reads it. */
function anEngine(left: readonly string[]) {
  const containers = new Set(left);
  return {
    containers,
    refuses: false,
    /** Run when a container is there and nobody has been told yet. */
    whenMade: async (): Promise<void> => undefined,
    async createContainer({ name }: ContainerSpec) {
      containers.add(name);
      await this.whenMade();
      return { id: name };
    },
    listContainers: () =>
      Promise.resolve(Array.from(containers, (name) => ({ id: name, name }) as unknown as ContainerRecord)),
    removeContainer(name: string) {
      containers.delete(name);
      return Promise.resolve('removed' as const);
    },
    archive(): Promise<Readable> {
      return this.refuses ? Promise.reject(new Error('No.')) : Promise.resolve(Readable.from(['bytes']));
    },
  };
}

const volume = { name: 'v', deploymentId: 'd', volumeId: 'i', ordinal: 0, facts: undefined };
const wanted = [{ volume, folder: 'data-0' }];

describe('archives of volumes', () => {
  it('take their helper away when they were read, given up or refused', async () => {
    const engine = anEngine([]);
    const archives = new VolumeArchives({ engine, region: 'test', helperImage: 'edge' });
    const read = await archives.read(wanted, {});
    assert.equal(engine.containers.size, 1);
    read.resume();
    await once(read, 'close');
    const givenUp = await archives.read(wanted, {});
    givenUp.destroy();
    await once(givenUp, 'close');
    engine.refuses = true;
    await assert.rejects(archives.read(wanted, {}), /No\./);
    assert.equal(engine.containers.size, 0);
  });

  it('clear what others have left, and not what is being read', async () => {
    const engine = anEngine(['left by one that was killed']);
    const archives = new VolumeArchives({ engine, region: 'test', helperImage: 'edge' });
    engine.whenMade = () => archives.clear({});
    const reading = await archives.read(wanted, {});
    await archives.clear({});
    assert.deepEqual(
      Array.from(engine.containers, (name) => name.startsWith('patr-test-archive-')),
      [true],
    );
    reading.destroy();
  });
});
