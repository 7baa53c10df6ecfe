import assert from 'node:assert/strict';
import {
  consequencesOf,
  dataLossWords,
  sameConfig,
  scaleWithin,
  type InstanceConfig,
  type Wanted,
} from '../../../src/protocol/consequences.ts';

const config: InstanceConfig = {
  ports: { 80: 'http' },
  environment: { A: '1', B: '2' },
  startupProbe: undefined,
  livenessProbe: undefined,
  volumes: {},
  machineTypeId: '3'.repeat(32),
};
const before: Wanted = { name: 'shop', scale: 3, config, configMounts: {}, limits: {} };
const volumes = { ['7'.repeat(32)]: '/data' };
const kinds = (after: Partial<Wanted>, runs = true, from = before) =>
  consequencesOf(from, { ...from, ...after }, runs).map(({ kind }) => kind);

describe('consequences of a change', () => {
  it('are none for instances where the edge alone holds to something else', () => {
    const limits = { maxBodyBytes: 1000 };
    assert.deepEqual(kinds({ limits }), ['limits']);
    assert.deepEqual(kinds({ limits }, true, { ...before, limits }), []);
    assert.deepEqual(kinds({ limits }, false), []);
  });

  it('are none where instances stay as they are', () => {
    assert.deepEqual(kinds({}), []);
    assert.deepEqual(kinds({ config: { ...config, environment: { B: '2', A: '1' } } }), []);
  });

  it('are a rollout where instances would be made in another way, slot by slot with volumes and fixed ports', () => {
    const changed = { ...config, environment: { A: '2', B: '2' } };
    assert.deepEqual(consequencesOf(before, { ...before, config: changed }, true), [
      { kind: 'rollOut', slotBySlot: false },
    ]);
    const mounted = { ...config, volumes };
    assert.deepEqual(consequencesOf(before, { ...before, config: mounted }, true), [
      { kind: 'rollOut', slotBySlot: true },
    ]);
    const published = { ...config, ports: { 5432: 'tcp' as const } };
    for (const portsAreFixed of [false, true]) {
      assert.deepEqual(consequencesOf(before, { ...before, config: published }, true, portsAreFixed), [
        { kind: 'rollOut', slotBySlot: portsAreFixed },
      ]);
    }
  });

  it('come with the next start where nothing runs', () => {
    assert.deepEqual(kinds({ config: { ...config, ports: { 81: 'http' } } }, false), ['nextStart']);
    assert.deepEqual(kinds({ scale: 5 }, false), []);
  });

  it('are instances that begin or end, and other addresses', () => {
    assert.deepEqual(consequencesOf(before, { ...before, scale: 5 }, true), [
      { kind: 'scale', from: 3, to: 5 },
    ]);
    assert.deepEqual(kinds({ name: 'store' }), ['rename']);
  });

  it('are lost data where slots with volumes go, also while nothing runs', () => {
    const mounted = { ...before, config: { ...config, volumes } };
    assert.deepEqual(consequencesOf(mounted, { ...mounted, scale: 1 }, false), [
      { kind: 'dataLoss', from: 1, instances: 2, volumes: 1 },
    ]);
    assert.deepEqual(kinds({ scale: 4 }, true, mounted), ['scale']);
    assert.deepEqual(kinds({ config }, true, mounted), ['rollOut']);
  });

  it('are told in words', () => {
    assert.equal(dataLossWords({ instances: 2, volumes: 1 }), 'the volume of 2 instances');
    assert.equal(dataLossWords({ instances: 1, volumes: 3 }), 'the 3 volumes of 1 instance');
  });
});

describe('rules that the server and forms share', () => {
  it('take two configurations for the same when only the order differs', () => {
    const probe = { port: 80, path: '/' };
    assert.ok(
      sameConfig({ ...config, startupProbe: probe }, { ...config, startupProbe: { path: '/', port: 80 } }),
    );
    assert.ok(!sameConfig(config, { ...config, startupProbe: probe }));
  });

  it('keep the number of instances within its bounds', () => {
    assert.deepEqual([scaleWithin(3, 1, 5), scaleWithin(3, 4, 5), scaleWithin(3, 1, 2)], [3, 4, 2]);
  });
});
