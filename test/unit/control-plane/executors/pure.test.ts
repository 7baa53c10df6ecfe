import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { containerSpecOf } from '../../../../src/control-plane/executors/containerSpec.ts';
import { configMapHash, environmentOf } from '../../../../src/control-plane/executors/environment.ts';
import type { InstanceSpec } from '../../../../src/control-plane/executors/executor.ts';
import { parseListening } from '../../../../src/control-plane/executors/listening.ts';
import { whatIsThere } from '../../../../src/control-plane/executors/whatIsThere.ts';
import { isDiskFull, pullFailure, startFailure } from '../../../../src/control-plane/executors/reasons.ts';
import { freeSubnet } from '../../../../src/control-plane/executors/subnets.ts';
import { EngineError } from '../../../../src/docker/engine.ts';

import { recordText } from '../../../../src/control-plane/adoption/record.ts';
import { aRecord } from '../../../support/remains.ts';

const id = 'a'.repeat(32);

function aSpec(changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    instanceId: 'abc123',
    deploymentId: id,
    deploymentName: 'My Shop',
    workspaceId: 'w'.repeat(32),
    releaseId: 'r'.repeat(32),
    releaseNumber: 4,
    ordinal: 1,
    restarts: 2,
    image: '127.0.0.1:7050/w/shop@sha256:1',
    environment: { A: '1' },
    cpus: 1,
    memoryBytes: 500_000_000,
    hasConfig: false,
    volumes: {},
    published: [],
    volumeFacts: {},
    record: aRecord(),
    ...changes,
  };
}

const around = { region: 'local', network: 'patr-local-aaaaaaaaaaaa', configFolder: undefined };

describe('the container of an instance', () => {
  it('carries labels that are enough to recognise it by', () => {
    assert.deepEqual(containerSpecOf(aSpec(), around).labels, {
      'cloud.patr.region': 'local',
      'cloud.patr.role': 'instance',
      'cloud.patr.workspace': 'w'.repeat(32),
      'cloud.patr.deployment': id,
      'cloud.patr.deployment-name': 'My Shop',
      'cloud.patr.release': 'r'.repeat(32),
      'cloud.patr.release-number': '4',
      'cloud.patr.instance': 'abc123',
      'cloud.patr.ordinal': '1',
      'cloud.patr.restarts': '2',
      'cloud.patr.record': recordText(aRecord()),
    });
  });

  it('has no more rights than it needs, bounds for everything, and is not restarted behind our back', () => {
    const spec = containerSpecOf(aSpec(), around);
    assert.equal(spec.noNewPrivileges, true);
    assert.deepEqual(spec.capabilities?.drop, ['ALL']);
    assert.ok(!spec.capabilities?.add.includes('NET_RAW'));
    assert.equal(spec.restart, 'no');
    assert.equal(spec.cpus, 1);
    assert.equal(spec.memoryBytes, 500_000_000);
    assert.ok((spec.pidsLimit ?? 0) > 0 && spec.log.maxBytes > 0);
    assert.deepEqual(spec.ports, []);
    assert.equal(spec.name, 'patr-local-my-shop-abc123');
  });

  it('mounts its own volumes and, when there is one, the configuration, which it cannot write', () => {
    const spec = containerSpecOf(aSpec({ volumes: { v1: '/data' } }), {
      ...around,
      configFolder: { path: '/c', key: '1' },
    });
    assert.deepEqual(spec.mounts, [
      { kind: 'volume', source: `patr-local-${id}-v1-1`, target: '/data', readOnly: false },
      { kind: 'bind', source: '/c', target: '/etc/config', readOnly: true },
    ]);
  });

  it('publishes what is not HTTP where it is told to', () => {
    const spec = containerSpecOf(
      aSpec({ published: [{ port: 53, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 0 }] }),
      around,
    );
    assert.deepEqual(spec.ports, [
      { hostAddress: '127.0.0.1', hostPort: 0, containerPort: 53, protocol: 'udp' },
    ]);
  });
});

describe('the environment of an instance', () => {
  it('lets the five variables win', () => {
    const own = {
      PATR: 'no',
      WORKSPACE_ID: 'x',
      DEPLOYMENT_ID: 'x',
      DEPLOYMENT_NAME: 'x',
      CONFIG_MAP_HASH: 'x',
      A: '1',
    };
    const env = environmentOf({
      workspaceId: 'w',
      deploymentId: 'd',
      deploymentName: 'n',
      own,
      configFiles: new Map(),
    });
    assert.deepEqual(
      { ...env, CONFIG_MAP_HASH: '' },
      {
        A: '1',
        PATR: 'true',
        WORKSPACE_ID: 'w',
        DEPLOYMENT_ID: 'd',
        DEPLOYMENT_NAME: 'n',
        CONFIG_MAP_HASH: '',
      },
    );
  });

  it('hashes names and contents of the mounts, sorted by name', () => {
    const files = new Map([
      ['b', Buffer.from('2')],
      ['a', Buffer.from('1')],
    ]);
    const expected = createHash('sha512').update('a').update('1').update('b').update('2').digest('hex');
    assert.equal(configMapHash(files), expected);
    assert.equal(configMapHash(new Map()), createHash('sha512').digest('hex'));
  });
});

describe('ports that somebody listens on', () => {
  it('are read out of the kernel tables, loopback told apart', () => {
    const tables = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
      '   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0',
      '   2: 0200A8C0:1F91 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0',
      '   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 4 1 0',
    ].join('\n');
    assert.deepEqual(parseListening(tables), { reachable: [80, 3000], loopback: [8080] });
  });

  it('are none where nothing can be read', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.ok(Array.isArray(parseListening(text).reachable));
      }),
    );
  });
});

describe('a free subnet', () => {
  it('is the first that overlaps nothing', () => {
    assert.equal(freeSubnet('10.210.0.0/16', 26, []), '10.210.0.0/26');
    assert.equal(freeSubnet('10.210.0.0/16', 26, ['10.210.0.0/26', '172.17.0.0/16']), '10.210.0.64/26');
    assert.equal(freeSubnet('10.210.0.0/16', 26, ['10.210.0.0/24']), '10.210.1.0/26');
  });

  it('is none when the pool is full', () => {
    assert.equal(freeSubnet('10.210.0.0/16', 26, ['10.0.0.0/8']), undefined);
    assert.equal(freeSubnet('nonsense', 26, []), undefined);
  });
});

describe('output of a container', () => {
  it('is what was read, when the container is removed meanwhile', async () => {
    async function* chunks(kind: 'notFound' | 'unreachable') {
      yield 'last words';
      throw new EngineError(kind, 'dead or marked for removal');
    }
    assert.deepEqual(await Array.fromAsync(whatIsThere(chunks('notFound'))), ['last words']);
    await assert.rejects(Array.fromAsync(whatIsThere(chunks('unreachable'))), /marked for removal/);
  });
});

describe('reasons', () => {
  it('say what a failed pull means', () => {
    assert.equal(pullFailure('x', new EngineError('notFound', 'no')).code, 'imageNotFound');
    assert.equal(pullFailure('x', new EngineError('denied', 'no')).code, 'pullDenied');
    assert.equal(pullFailure('x', new EngineError('noRoom', 'no')).code, 'noRoom');
    assert.equal(pullFailure('x', new Error('reset')).code, 'pullFailed');
  });

  it('know a disk that is full by the code of the failure', () => {
    const failed = (code: string) => Object.assign(new Error('write'), { code });
    assert.deepEqual([isDiskFull(failed('ENOSPC')), isDiskFull(failed('EDQUOT'))], [true, true]);
    assert.deepEqual([isDiskFull(failed('EACCES')), isDiskFull(new Error('ENOSPC'))], [false, false]);
  });

  it('say what a failed start means', () => {
    const code = (message: string) => startFailure({ kind: 'failed', message }).code;
    assert.equal(code('exec user process caused: exec format error'), 'platformMismatch');
    assert.equal(code('write /x: no space left on device'), 'noRoom');
    assert.equal(code('exec: "nope": executable file not found in $PATH'), 'cannotStart');
    assert.equal(startFailure({ kind: 'portTaken', message: 'port is already allocated' }).code, 'portTaken');
  });
});
