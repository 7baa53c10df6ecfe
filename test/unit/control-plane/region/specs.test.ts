import assert from 'node:assert/strict';
import type { ContainerSpec } from '../../../../src/docker/engine.ts';
import { placementKind, placementOf } from '../../../../src/control-plane/placement.ts';
import { specHash } from '../../../../src/control-plane/region/service.ts';
import { edgeSpec, registrySpec } from '../../../../src/control-plane/region/specs.ts';

const shared = (target: string, readOnly: boolean) =>
  ({ kind: 'volume', source: 'patr-local-edge', target, readOnly }) as const;

function specs(
  kind: 'host' | 'bridged',
  edgeAddress?: string,
): { edge: ContainerSpec; registry: ContainerSpec } {
  const common = {
    region: 'local',
    image: 'image:1',
    placement: placementOf(kind, 'local', edgeAddress),
    shared,
  };
  return {
    edge: edgeSpec({ ...common, http: 7080, https: 7443, owner: { uid: 0, gid: 0 } }),
    registry: registrySpec({ ...common, port: 7050, settings: 'x' }),
  };
}

const info = {
  id: 'x',
  name: 'x',
  version: '29',
  apiVersion: '1.50',
  platform: 'linux/amd64',
  cpus: 2,
  memoryBytes: 1,
  buildKit: true,
  host: 'native',
  rootless: false,
  flavour: 'docker',
} as const;

describe('containers of a region', () => {
  it('share the network of a native engine, and publish nothing there', () => {
    const { edge, registry } = specs('host');
    for (const spec of [edge, registry]) assert.deepEqual([spec.network, spec.ports], ['host', []]);
  });

  it('have a network of their own elsewhere, and publish on loopback alone', () => {
    const { edge, registry } = specs('bridged');
    assert.deepEqual([edge.network, registry.network], ['patr-local', 'patr-local']);
    const ports = [...edge.ports, ...registry.ports];
    assert.deepEqual(
      ports.map(({ hostPort, containerPort }) => [hostPort, containerPort]),
      [
        [7080, 8080],
        [7443, 8443],
        [7050, 5000],
      ],
    );
    assert.ok(ports.every(({ hostAddress }) => hostAddress === '127.0.0.1'));
  });

  it('have nothing but the edge at the address of a public region', () => {
    const { edge, registry } = specs('bridged', '0.0.0.0');
    assert.deepEqual(new Set(edge.ports.map(({ hostAddress }) => hostAddress)), new Set(['0.0.0.0']));
    assert.ok(registry.ports.every(({ hostAddress }) => hostAddress === '127.0.0.1'));
    const { listen, edgeListen } = placementOf('host', 'local', '0.0.0.0');
    assert.deepEqual([listen, edgeListen], ['127.0.0.1', '0.0.0.0']);
    // What it listens on is in its files: another address is another container.
    assert.notEqual(specHash(specs('host', '0.0.0.0').edge), specHash(specs('host').edge));
  });

  it('may do no more than they must', () => {
    for (const spec of Object.values(specs('host'))) {
      assert.equal(spec.noNewPrivileges, true);
      assert.equal(spec.readOnlyRoot, true);
      assert.deepEqual(spec.capabilities?.drop, ['ALL']);
      assert.ok(!spec.mounts.some(({ source }) => source.includes('docker.sock')));
    }
  });

  it('are other ones when anything about them changes', () => {
    const { edge } = specs('host');
    const others = [
      { ...edge, image: 'image:2' },
      { ...edge, command: [...(edge.command ?? []), '-d'] },
      { ...edge, labels: { ...edge.labels, more: '1' } },
    ];
    assert.equal(new Set([edge, ...others].map(specHash)).size, 4);
    assert.equal(specHash(edge), specHash(structuredClone(edge)));
  });
});

describe('the placement', () => {
  it('follows from the engine, unless it was chosen', () => {
    assert.equal(placementKind('auto', info), 'host');
    assert.equal(placementKind('auto', { ...info, host: 'virtual' }), 'bridged');
    assert.equal(placementKind('auto', { ...info, rootless: true }), 'bridged');
    assert.equal(placementKind('auto', { ...info, flavour: 'podman' }), 'bridged');
    assert.equal(placementKind('bridged', info), 'bridged');
    assert.equal(placementKind('host', { ...info, host: 'virtual' }), 'host');
  });
});
