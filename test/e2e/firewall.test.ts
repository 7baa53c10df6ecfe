import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { Address, DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { testImages } from '../support/engine.ts';
import { plugIn, type Neighbour } from '../support/lan/neighbour.ts';
import { portsApp } from '../support/lan/portsApp.ts';
import { targetAt } from '../support/localRegion.ts';
import { openOwnEngine, type OwnEngine } from '../support/ownEngine.ts';
import { startRegionProcess, type RegionProcess } from '../support/regionProcess.ts';

const run = promisify(execFile);
const edge = { http: 80, https: 443 };
const ports = { 8080: 'http', 5432: 'tcp', 5353: 'udp' } as const;
/** Every port that the instance listens on; 9999 and 5354 are told to nobody. */
const listening = { tcp: '8080,5432,9999', udp: '5353,5354' };
const networks = '10.210.0.0/16';

/** The machine is a network of its own, and who asks is another one at the other end of a cable. */
describe('what a public region shows to its network', function () {
  this.timeout(300_000);
  let own: OwnEngine;
  let neighbour: Neighbour;
  let region: RegionProcess;
  let target: Target;
  let at: { readonly workspaceId: string; readonly deploymentId: string };

  before(async () => {
    own = await openOwnEngine();
    neighbour = await plugIn(own);
    const options = {
      'edge-address': '0.0.0.0',
      'http-port': String(edge.http),
      'https-port': String(edge.https),
      'public-address': neighbour.machine,
    };
    region = await startRegionProcess('firewall', options, own);
    const reached = await targetAt(region.endpoint, region.fetch);
    ({ target } = reached);
    const app = await portsApp();
    try {
      const source = {
        folder: app.folder,
        dockerfile: 'Dockerfile',
        buildArguments: { BASE: testImages().busybox },
      };
      const tools = { engine: own.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
      const { machineTypes } = await target.api.listMachineTypes({
        params: { workspaceId: target.workspaceId },
      });
      const details = {
        imageTag: 'latest',
        machineType: machineTypes[0]!.id,
        minHorizontalScale: 1,
        maxHorizontalScale: 1,
        deployOnPush: true,
        deployOnCreate: true,
        ports,
        environmentVariables: {},
        configMounts: {},
        volumes: {},
        newVolumes: [],
      };
      const wanted = { name: 'ports', regionId: reached.region.id, ports: [8080], details };
      const made = await deploy(target, source, wanted, tools);
      assert.equal(made.kind, 'serving', JSON.stringify(made));
      at = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    } finally {
      await app.close();
    }
  });
  after(async () => {
    await region?.close();
    await neighbour?.close();
    await own?.close();
  });

  const deployment = (): Promise<DeploymentInfo> => target.api.getDeployment({ params: at });

  async function addressOf(type: 'tcp' | 'udp'): Promise<Address> {
    const { addresses = [] } = await deployment();
    return addresses.find((address) => address.type === type) ?? assert.fail(JSON.stringify(addresses));
  }

  async function portOf(type: 'tcp' | 'udp'): Promise<number> {
    const { host, publicPort } = await addressOf(type);
    assert.equal(host, neighbour.machine);
    return publicPort ?? assert.fail();
  }

  async function instanceAddress(): Promise<string> {
    const labels = { 'cloud.patr.deployment': at.deploymentId, 'cloud.patr.role': 'instance' };
    const [instance] = await own.engine.listContainers({ labels });
    const [address] = Object.values(instance?.addresses ?? {});
    return address ?? assert.fail('The instance has no address.');
  }

  const iptables = (...args: readonly string[]) => run(...own.inside('iptables', ['--wait', ...args]));
  const throughTheFront = async (): Promise<string> =>
    neighbour.curl(`http://${neighbour.machine}:${await portOf('tcp')}/`);

  it("is the edge's ports and declared tcp and udp ports, and not one more of all there are", async () => {
    const [tcp, udp] = [await portOf('tcp'), await portOf('udp')];
    const { machine } = neighbour;
    const found = await neighbour.scan('tcp', machine, '1-65535');
    assert.deepEqual(found, { open: [edge.http, edge.https, tcp], silent: 0 });
    const asked = await neighbour.scan('udp', machine, '53,67,123,5353,5354,8080,20000-20999');
    assert.deepEqual(asked.open, [udp]);
    assert.equal(await throughTheFront(), 'tcp 5432');
    // By IPv6 there is nothing at all.
    const { stdout } = await run(...own.inside('cat', ['/proc/net/tcp6', '/proc/net/udp6']));
    assert.doesNotMatch(stdout, /^ *\d+: /m);
  });

  it('has the same ports in the next release', async () => {
    const before = [await portOf('tcp'), await portOf('udp')];
    await target.api.startDeployment({ params: at, query: { forceRestart: true } });
    const deadline = AbortSignal.timeout(120_000);
    const isThere = async (): Promise<boolean> => {
      const { liveRelease, addresses = [] } = await deployment();
      return liveRelease === 2 && addresses.some(({ type }) => type === 'udp');
    };
    while (!(await isThere())) await systemClock.sleep(100, deadline);
    assert.deepEqual([await portOf('tcp'), await portOf('udp')], before);
    assert.equal(await throughTheFront(), 'tcp 5432');
  });

  /** Ports of the instance that answer to somebody who sends what is for it to the machine. */
  async function behindTheMachine() {
    const instance = await instanceAddress();
    const [tcp, udp] = await Promise.all([
      neighbour.scan('tcp', instance, listening.tcp),
      neighbour.scan('udp', instance, listening.udp),
    ]);
    return { tcp: tcp.open, udp: udp.open };
  }

  it('is not what instances listen on, to somebody who sends that to the machine', async () => {
    await neighbour.routeThrough(networks);
    // What an engine does where it is the one that lets the machine forward.
    await iptables('--policy', 'FORWARD', 'DROP');
    const { tcp, udp } = await behindTheMachine();
    // Engines before 28 let through what is published, which is for everybody anyway.
    const rest = { tcp: tcp.filter((port) => port !== 5432), udp: udp.filter((port) => port !== 5353) };
    assert.deepEqual(rest, { tcp: [], udp: [] });
  });

  it('stays so on a machine that forwards for others, with the rule of docs/public-region.md', async () => {
    await iptables('--policy', 'FORWARD', 'ACCEPT');
    const page = await readFile(join(import.meta.dirname, '../../docs/public-region.md'), 'utf8');
    const rule = /^iptables (-I DOCKER-USER .*)$/m.exec(page)?.[1] ?? assert.fail('The page has no rule.');
    await iptables(...rule.split(' '));
    assert.deepEqual(await behindTheMachine(), { tcp: [], udp: [] });
    assert.equal(await throughTheFront(), 'tcp 5432');
    const port = await portOf('udp');
    assert.deepEqual((await neighbour.scan('udp', neighbour.machine, String(port))).open, [port]);
  });
});
