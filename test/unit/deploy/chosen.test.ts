import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unreachable } from '../../../src/client/errors.ts';
import { create } from '../../../src/deploy/create.ts';
import { deploy } from '../../../src/deploy/journey.ts';
import type { Choice, Details } from '../../../src/deploy/target.ts';
import { isProblem, problem } from '../../../src/protocol/problems.ts';
import { machineTypeId, regionId, workspaceId } from '../../support/fakePatrState.ts';
import { FakeTarget } from '../../support/fakeTarget.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';

const nginx = { registry: 'docker.io', imageName: 'library/nginx' };

/** Everything chosen, with what matters to the test changed. */
const chosen = (changes: Partial<Details> = {}): Choice => ({
  name: 'My Shop',
  regionId,
  ports: [8080],
  details: {
    imageTag: 'beta',
    machineType: machineTypeId,
    deployOnPush: false,
    deployOnCreate: true,
    minHorizontalScale: 2,
    maxHorizontalScale: 4,
    ports: { 8080: 'http', 53: 'udp' },
    environmentVariables: { MODE: 'prod' },
    configMounts: {},
    volumes: {},
    newVolumes: [],
    ...changes,
  },
});
const data = { name: 'data', size: 2, path: '/data' };
const logs = { name: 'logs', size: 1, path: '/logs' };

describe('a deployment with everything chosen', () => {
  let fake: FakeTarget;
  let clock: HandClock;
  let noted: string[];

  const make = (choice: Choice): Promise<string> =>
    create(fake.target, choice, nginx, { clock, note: (text) => noted.push(text) });

  beforeEach(() => {
    fake = new FakeTarget();
    clock = handClock(10_000);
    noted = [];
  });

  it('is made as it was chosen', async () => {
    const made = fake.deployments.get(await make(chosen()));
    assert.ok(made !== undefined && 'imageName' in made);
    assert.equal(made.imageName, 'library/nginx');
    assert.deepEqual([made.imageTag, made.minHorizontalScale, made.maxHorizontalScale], ['beta', 2, 4]);
    assert.deepEqual(made.ports, { 8080: 'http', 53: 'udp' });
    assert.deepEqual(made.environmentVariables, { MODE: 'prod' });
    assert.ok(!('newVolumes' in made));
  });

  it('gets the volumes that it wants to have, beside those that there are', async () => {
    const kept = { ['e'.repeat(32)]: '/kept' };
    const made = fake.deployments.get(await make(chosen({ volumes: kept, newVolumes: [data, logs] })));
    const byName = new Map(Array.from(fake.volumes, ([id, name]) => [name, id]));
    assert.deepEqual(made?.volumes, {
      ...kept,
      [byName.get('data') ?? '']: '/data',
      [byName.get('logs') ?? '']: '/logs',
    });
  });

  it('leaves no volume behind when it is refused', async () => {
    fake.add('My Shop');
    await assert.rejects(make(chosen({ newVolumes: [data] })), (error) =>
      isProblem(error, 'resourceAlreadyExists'),
    );
    assert.equal(fake.volumes.size, 0);
  });

  it('tells which volume is refused, and takes those before it away', async () => {
    fake.volumes.set('f'.repeat(32), 'logs');
    await assert.rejects(make(chosen({ newVolumes: [data, logs] })), (error) => {
      assert.ok(isProblem(error, 'wrongParameters'));
      assert.deepEqual(error.fields, [{ field: 'newVolumes.1.name', message: 'is already taken' }]);
      return true;
    });
    assert.deepEqual([...fake.volumes.values()], ['logs']);
  });

  it('puts what is wrong with a volume at the volume', async () => {
    fake.before = (what) => {
      const fields = [{ field: 'size', message: 'must be at most 10 GB' }];
      if (what === 'createVolume') throw problem('wrongParameters', { fields });
    };
    await assert.rejects(make(chosen({ newVolumes: [data] })), (error) => {
      assert.ok(isProblem(error));
      assert.deepEqual(error.fields, [{ field: 'newVolumes.0.size', message: 'must be at most 10 GB' }]);
      return true;
    });
  });

  it('says which volume stays when it cannot be taken away, and fails for the first reason', async () => {
    fake.add('My Shop');
    fake.before = (what) => {
      if (what === 'deleteVolume') throw new Unreachable('The server is gone.');
    };
    await assert.rejects(make(chosen({ newVolumes: [data] })), (error) =>
      isProblem(error, 'resourceAlreadyExists'),
    );
    assert.match(noted.join(), /The volume \w+ stays: The server is gone/);
  });

  it('is found when the server goes away before it has answered, with its volumes', async () => {
    fake.before = (what) => {
      if (what === 'created') throw new Unreachable('The connection broke off.');
    };
    const made = fake.deployments.get(await make(chosen({ newVolumes: [data] })));
    assert.deepEqual(Object.values(made?.volumes ?? {}), ['/data']);
    assert.deepEqual([...fake.volumes.values()], ['data']);
  });

  describe('from a Dockerfile', () => {
    let folder: string;

    const build = (choice: Choice) =>
      deploy(fake.target, { folder, dockerfile: 'Dockerfile', buildArguments: {} }, choice, {
        engine: fake.engine,
        clock,
        chance: () => 0,
        tell: () => undefined,
      });

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'patr-chosen-'));
      await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nEXPOSE 8080\n');
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('is built with the tag that was chosen', async () => {
      assert.equal((await build(chosen())).kind, 'serving');
      assert.ok(fake.called.includes(`build 127.0.0.1:5000/${workspaceId}/my-shop:beta`));
    });

    it('is made and not watched when it shall not start', async () => {
      const result = await build(chosen({ deployOnCreate: false }));
      assert.equal(result.kind, 'created');
      assert.ok(!fake.called.includes('listReleases'));
    });

    it('leaves neither repository nor volume behind when it is refused', async () => {
      fake.before = (what) => {
        if (what === 'createDeployment') throw problem('wrongParameters');
      };
      await assert.rejects(build(chosen({ newVolumes: [data] })));
      assert.deepEqual([fake.repositories.size, fake.volumes.size, fake.deployments.size], [0, 0, 0]);
    });
  });
});
