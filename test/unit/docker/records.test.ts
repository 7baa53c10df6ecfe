import assert from 'node:assert/strict';
import { containerOfInspection, containerOfList } from '../../../src/docker/records/containerRecord.ts';
import { eventOf } from '../../../src/docker/records/eventRecord.ts';
import { time } from '../../../src/docker/records/facts.ts';
import { imageOfInspection, imageOfList } from '../../../src/docker/records/imageRecord.ts';
import { compareApi, infoOf, speaksBuildKit } from '../../../src/docker/records/infoRecord.ts';
import { networkOf } from '../../../src/docker/records/networkRecord.ts';
import { statsOf } from '../../../src/docker/records/statsRecord.ts';
import { transferOf } from '../../../src/docker/records/transferRecord.ts';
import { volumeOf } from '../../../src/docker/records/volumeRecord.ts';

const oddities: readonly unknown[] = [undefined, null, 7, 'text', [], {}, { Id: 3, Names: 'x', ID: {} }];

describe('records of the engine', () => {
  it('never throw on odd-shaped input', () => {
    const readers = [
      containerOfList,
      containerOfInspection,
      imageOfInspection,
      imageOfList,
      networkOf,
      volumeOf,
      statsOf,
      eventOf,
    ];
    for (const read of readers) for (const odd of oddities) assert.equal(read(odd), undefined);
    for (const odd of oddities) assert.equal(transferOf(odd).kind, 'other');
    for (const odd of oddities) assert.equal(infoOf(odd, odd, false).buildKit, false);
  });

  it('take the zero time of Go for absent and keep milliseconds of the others', () => {
    assert.equal(time('0001-01-01T00:00:00Z'), undefined);
    assert.equal(time('yesterday'), undefined);
    assert.equal(time('2026-11-24T13:11:47.368848067Z'), Date.UTC(2026, 10, 24, 13, 11, 47, 368));
  });
});

describe('container records', () => {
  it('read a full list element, addresses and published ports included', () => {
    const container = containerOfList({
      Id: 'abc',
      Names: ['/web-1', '/other/web'],
      Image: 'shop/web:1',
      ImageID: 'sha256:1',
      State: 'running',
      Created: 1_700_000_000,
      Labels: { a: 'b', odd: 3 },
      Ports: [
        { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { PrivatePort: 443, Type: 'tcp' },
      ],
      NetworkSettings: { Networks: { front: { IPAddress: '10.1.0.2' }, gone: { IPAddress: '' } } },
      Mounts: [{ Type: 'volume', Name: 'data', Source: '/var/lib/x', Destination: '/data', RW: true }],
    });
    assert.deepEqual(container, {
      id: 'abc',
      name: 'web-1',
      labels: { a: 'b' },
      image: 'shop/web:1',
      imageId: 'sha256:1',
      state: 'running',
      createdAt: 1_700_000_000_000,
      addresses: { front: '10.1.0.2' },
      ports: [{ hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
      mounts: [{ kind: 'volume', source: 'data', target: '/data', readOnly: false }],
    });
  });

  it('read a minimal list element without inventing anything', () => {
    assert.deepEqual(containerOfList({ Id: 'abc', State: 'created' }), {
      id: 'abc',
      name: '',
      labels: {},
      image: '',
      state: 'created',
      addresses: {},
      ports: [],
      mounts: [],
    });
  });

  it('tell no exit code of a container that runs and the one of a container that ended', () => {
    const running = { Status: 'running', ExitCode: 0, Pid: 7, StartedAt: '2026-01-01T00:00:00Z' };
    const ended = {
      Status: 'exited',
      ExitCode: 137,
      Pid: 0,
      FinishedAt: '2026-01-01T00:00:09Z',
      OOMKilled: true,
    };
    const first = containerOfInspection({ Id: 'a', State: running });
    const second = containerOfInspection({ Id: 'a', State: ended });
    assert.ok(first !== undefined && !('exitCode' in first));
    assert.equal(first.pid, 7);
    assert.equal(second?.exitCode, 137);
    assert.equal(second.outOfMemory, true);
    assert.ok(!('pid' in second));
  });

  it('tell why a container that was never started failed to start', () => {
    const state = { Status: 'created', ExitCode: 127, Error: 'exec: "nope": not found' };
    const container = containerOfInspection({ Id: 'a', State: state });
    assert.equal(container?.exitCode, 127);
    assert.match(container.error ?? '', /not found/);
    assert.ok(
      !('exitCode' in (containerOfInspection({ Id: 'a', State: { Status: 'created', ExitCode: 0 } }) ?? {})),
    );
  });

  it("understand Podman's words for states", () => {
    assert.equal(containerOfList({ Id: 'a', State: 'Configured' })?.state, 'created');
    assert.equal(containerOfList({ Id: 'a', State: 'stopped' })?.state, 'exited');
  });

  it('read the published ports of an inspection', () => {
    const ports = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }], '53/udp': null, 'x/tcp': [{}] };
    assert.deepEqual(containerOfInspection({ Id: 'a', NetworkSettings: { Ports: ports } })?.ports, [
      { hostAddress: '127.0.0.1', hostPort: 32768, containerPort: 80, protocol: 'tcp' },
    ]);
  });
});

describe('other records', () => {
  it('read an image with its platform, ports and layers', () => {
    const image = imageOfInspection({
      Id: 'sha256:1',
      RepoTags: ['a:1', '<none>:<none>'],
      RepoDigests: ['a@sha256:2'],
      Os: 'linux',
      Architecture: 'arm64',
      Variant: 'v8',
      Size: 5,
      Config: { ExposedPorts: { '80/tcp': {}, '99999/tcp': {}, '53/udp': {} }, Labels: null },
      RootFS: { Layers: ['sha256:3'] },
    });
    assert.equal(image?.platform, 'linux/arm64');
    assert.deepEqual(image.tags, ['a:1']);
    assert.deepEqual(image.exposedPorts, [
      { port: 80, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
    ]);
    assert.deepEqual(image.labels, {});
    assert.deepEqual(image.layers, ['sha256:3']);
  });

  it('tell an engine of Docker from Podman and a machine of its own from a native one', () => {
    const info = { OSType: 'linux', Architecture: 'x86_64', SecurityOptions: ['name=rootless'] };
    const docker = infoOf({ ...info, OperatingSystem: 'Docker Desktop' }, { ApiVersion: '1.47' }, false);
    const podman = infoOf(info, { ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] }, false);
    assert.deepEqual([docker.flavour, docker.host, docker.buildKit], ['docker', 'virtual', true]);
    assert.deepEqual([podman.flavour, podman.host, podman.buildKit], ['podman', 'native', false]);
    assert.equal(docker.platform, 'linux/amd64');
    assert.equal(podman.rootless, true);
    assert.equal(infoOf(info, {}, true).host, 'virtual');
    const groups = ['1', '2', '', undefined].map((one) => infoOf({ CgroupVersion: one }, {}, false).cgroups);
    assert.deepEqual(groups, [1, 2, undefined, undefined]);
  });

  it('compare API versions as numbers', () => {
    assert.ok(compareApi('1.9', '1.41') < 0);
    assert.ok(compareApi('2.0', '1.99') > 0);
    assert.equal(speaksBuildKit({ ApiVersion: '1.38' }), false);
    assert.equal(speaksBuildKit({ ApiVersion: '1.41', Os: 'windows' }), false);
  });

  it('count no page cache as memory, on either kind of cgroup', () => {
    const sample = (stats: object): number | undefined =>
      statsOf({ read: '2026-01-01T00:00:00Z', memory_stats: { usage: 100, limit: 200, stats } })?.memoryBytes;
    assert.equal(sample({ total_inactive_file: 30, inactive_file: 1 }), 70);
    assert.equal(sample({ inactive_file: 40 }), 60);
    assert.equal(sample({}), 100);
  });

  it('take a sample of a stopped container for absent', () => {
    assert.equal(statsOf({ read: '0001-01-01T00:00:00Z' }), undefined);
  });

  it('add up the interfaces of a container', () => {
    const networks = { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } };
    const sample = statsOf({ read: '2026-01-01T00:00:00Z', networks });
    assert.deepEqual([sample?.receivedBytes, sample?.sentBytes], [11, 22]);
  });

  it('keep command lines out of events and what a health check says in', () => {
    const event = (Action: string): string | undefined =>
      eventOf({ Type: 'container', Action, Actor: { ID: 'a' }, timeNano: 1e15 })?.action;
    assert.equal(event('exec_start: sh -c echo secret'), 'exec_start');
    assert.equal(event('health_status: healthy'), 'health_status: healthy');
    assert.equal(eventOf({ Type: 'plugin', Action: 'enable', Actor: { ID: 'a' } }), undefined);
  });

  it('see the failure, the digest and the layers in the events of a push', () => {
    assert.deepEqual(transferOf({ errorDetail: { message: 'denied: no' }, error: 'x' }), {
      kind: 'failed',
      message: 'denied: no',
    });
    assert.deepEqual(transferOf({ aux: { Tag: '1', Digest: 'sha256:a', Size: 9 } }), {
      kind: 'pushed',
      tag: '1',
      digest: 'sha256:a',
      size: 9,
    });
    assert.deepEqual(transferOf({ id: 'a', status: 'Pushing', progressDetail: { current: 12, total: 10 } }), {
      kind: 'layer',
      progress: { layer: 'a', state: 'moving', done: 10, total: 10 },
    });
    assert.deepEqual(transferOf({ id: 'a', status: 'Mounted from shop/web', progressDetail: {} }), {
      kind: 'layer',
      progress: { layer: 'a', state: 'exists' },
    });
  });
});
