import assert from 'node:assert/strict';
import {
  controlPlaneSpec,
  wishHash,
  type ControlPlaneWanted,
  nodeFlags,
} from '../../../src/local/containerSpec.ts';
import { defaultLocalSettings } from '../../../src/local/contract.ts';
import { lines } from '../../../src/local/output.ts';
import { isOlder } from '../../../src/local/versions.ts';
import { parseOptions } from '../../../src/control-plane/options.ts';

const wanted: ControlPlaneWanted = {
  settings: { ...defaultLocalSettings, name: 'home' },
  image: 'patr-control-plane:1.0.0-abc',
  version: '1.0.0',
  port: 7071,
  placement: 'host',
  cgroups: 2,
  socket: '/run/user/1000/docker.sock',
};

describe("the control plane's container", () => {
  it('is named, labelled and mounted so that every window finds it and all that it keeps', () => {
    const spec = controlPlaneSpec(wanted);
    assert.equal(spec.name, 'patr-home-control-plane');
    assert.deepEqual(
      [spec.labels['cloud.patr.region'], spec.labels['cloud.patr.role'], spec.labels['cloud.patr.version']],
      ['home', 'control-plane', '1.0.0'],
    );
    const places = spec.mounts.map(({ source, target }) => `${source} ${target}`);
    assert.ok(places.includes('patr-home-state /var/lib/patr'));
    assert.ok(places.includes('/run/user/1000/docker.sock /var/run/docker.sock'));
    assert.equal(spec.restart, 'unless-stopped');
  });

  it('gives the control plane arguments that it understands', () => {
    for (const placement of ['host', 'bridged'] as const) {
      const { command = [] } = controlPlaneSpec({ ...wanted, placement });
      const options = parseOptions(command.slice(2 + nodeFlags.length));
      assert.deepEqual(
        [options.name, options.port, options.placement, options.data, options.httpPort],
        ['home', 7071, placement, 'volumes', 7080],
      );
      assert.equal(options.toolImage, wanted.image);
      assert.equal(options.kernelFiles, placement === 'host' ? '/host' : undefined);
      assert.deepEqual([options.keepVersions, options.keepDays, options.logMegabytes], [10, 7, 64]);
    }
  });

  it("sees the kernel's files where it runs on the machine itself, and cannot write them", () => {
    const seen = (more: Partial<ControlPlaneWanted>) =>
      controlPlaneSpec({ ...wanted, ...more }).mounts.flatMap(({ source, target, readOnly, recursive }) => {
        if (!target.startsWith('/host/')) return [];
        assert.deepEqual([readOnly, recursive], [true, false], 'what is mounted below could be written');
        return [`${source} ${target}`];
      });
    assert.deepEqual(seen({}), ['/proc /host/proc', '/sys/fs/cgroup /host/cgroup']);
    assert.deepEqual(seen({ cgroups: 1 }), [
      '/proc /host/proc',
      '/sys/fs/cgroup/cpuacct /host/cgroup/cpuacct',
      '/sys/fs/cgroup/memory /host/cgroup/memory',
    ]);
    for (const unseen of [{ placement: 'bridged' }, { cgroups: undefined }] as const)
      assert.deepEqual(seen(unseen), []);
  });

  it('sends people on to HTTPS where the settings say so, and nowhere else', () => {
    const redirectWith = (httpsRedirect: boolean): string => {
      const settings = { ...wanted.settings, httpsRedirect };
      const { command = [] } = controlPlaneSpec({ ...wanted, settings });
      return parseOptions(command.slice(2 + nodeFlags.length)).httpsRedirect;
    };
    assert.deepEqual([redirectWith(false), redirectWith(true)], ['off', 'on']);
  });

  it('is reached on loopback only, whatever the engine is', () => {
    const host = controlPlaneSpec(wanted);
    assert.deepEqual([host.network, host.ports], ['host', []]);
    assert.ok(host.command?.includes('127.0.0.1'));
    const bridged = controlPlaneSpec({ ...wanted, placement: 'bridged' });
    assert.equal(bridged.network, 'patr-home');
    assert.deepEqual(
      bridged.ports.map(({ hostAddress, hostPort }) => [hostAddress, hostPort]),
      [['127.0.0.1', 7071]],
    );
  });

  it('is another one when anything but its port changes', () => {
    const before = wishHash(wanted);
    const elsewhere: ControlPlaneWanted = { ...wanted, port: 9 };
    assert.equal(wishHash(elsewhere), before);
    assert.notEqual(wishHash({ ...wanted, image: 'other' }), before);
    assert.notEqual(wishHash({ ...wanted, placement: 'bridged' }), before);
    const settings = { ...wanted.settings, ports: { ...wanted.settings.ports, http: 8080 } };
    assert.notEqual(wishHash({ ...wanted, settings }), before);
  });
});

describe('versions of control planes', () => {
  it('are compared by their numbers, and what cannot be read is never older', () => {
    assert.ok(isOlder('1.9.0', '1.10.0') && isOlder('0.9.9', '1.0.0') && isOlder('1.0.0', '1.0.1'));
    assert.ok(!isOlder('1.0.0', '1.0.0') && !isOlder('2.0.0', '1.9.9') && !isOlder('dev', '1.0.0'));
  });
});

describe('output of a container', () => {
  it('comes as lines, however it was cut, the last one without its end as well', async () => {
    const bytes = Buffer.from('first\nzwölf\n\nlast');
    const chunks = Array.from(bytes, (_, at) => ({ bytes: bytes.subarray(at, at + 1) }));
    const found = await Array.fromAsync(
      lines(
        (async function* () {
          yield* chunks;
        })(),
      ),
    );
    assert.deepEqual(found, ['first', 'zwölf', '', 'last']);
  });
});
