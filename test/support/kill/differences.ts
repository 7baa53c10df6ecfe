import { join } from 'node:path';
import { adminSocketName, hostMapName } from '../../../src/control-plane/edge/haproxyConfig.ts';
import { parseMap, parseServersState } from '../../../src/control-plane/edge/proxyState.ts';
import { runtimeApi } from '../../../src/control-plane/edge/runtimeApi.ts';
import { edgeFolder } from '../../../src/control-plane/region/specs.ts';
import type { ContainerRecord, Labels } from '../../../src/docker/engine.ts';
import type { DeploymentInfo } from '../../../src/protocol/shapes/deployment.ts';
import { ask } from '../addressLoad.ts';
import type { World } from './world.ts';

const label = (name: string): string => `cloud.patr.${name}`;

/** Everything that is there of a region, looked at without the control plane. */
interface There {
  readonly instances: readonly ContainerRecord[];
  readonly others: readonly ContainerRecord[];
  /** Deployments that have a network, one entry for each network. */
  readonly networks: readonly string[];
  readonly volumes: readonly { readonly name: string; readonly labels: Labels }[];
}

/** Where what is wanted and what is there are not the same, in sentences; empty when all is as it shall be. */
export async function differences(world: World): Promise<string[]> {
  const params = { workspaceId: world.target.workspaceId };
  const { deployments } = await world.target.api.listDeployments({ params, query: { count: 100 } });
  const wanted = await Promise.all(
    deployments.map(({ id }) => world.target.api.getDeployment({ params: { ...params, deploymentId: id } })),
  );
  const there = await lookAt(world);
  const own = await Promise.all(wanted.map((one) => ofDeployment(world, one, there)));
  return [...own.flat(), ...leftOver(wanted, there), ...(await atTheEdge(world, wanted, there))];
}

/** Slots whose data two containers use at this moment; there must be none at any time. */
export async function sharedData(world: World): Promise<string[]> {
  const { instances } = await lookAt(world);
  const users = new Map<string, number>();
  for (const { state, mounts } of instances) {
    if (state !== 'running') continue;
    for (const { kind, source } of mounts)
      if (kind === 'volume') users.set(source, (users.get(source) ?? 0) + 1);
  }
  return Array.from(users).flatMap(([source, count]) =>
    count > 1 ? [`${count} instances use the volume ${source} at once`] : [],
  );
}

async function lookAt({ region }: World): Promise<There> {
  const { engine } = region;
  const labels = { [label('region')]: region.name };
  const listed = await engine.listContainers({ labels });
  const inspected = await Promise.all(listed.map(({ id }) => engine.inspectContainer(id)));
  const containers = inspected.filter((one) => one !== 'absent');
  const isInstance = (one: ContainerRecord): boolean => one.labels[label('role')] === 'instance';
  const networks = await engine.listNetworks({ labels });
  return {
    instances: containers.filter(isInstance),
    others: containers.filter((one) => !isInstance(one)),
    networks: networks.flatMap((one) => one.labels[label('deployment')] ?? []),
    volumes: await engine.listVolumes({ labels }),
  };
}

async function ofDeployment(world: World, wanted: DeploymentInfo, there: There): Promise<string[]> {
  const { id, name, status, instances, liveRelease, rollingRelease, reason } = wanted;
  const found: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) found.push(`${name}: ${what}`);
  };
  const count = wanted.minHorizontalScale;
  const mine = there.instances.filter((one) => one.labels[label('deployment')] === id);
  expect(status === 'running', `its status is ${status} (${reason?.message ?? 'no reason'})`);
  expect(reason === undefined, `it says ${reason?.message}`);
  expect(rollingRelease === undefined, `release ${rollingRelease} is still being rolled out`);
  expect(instances?.ready === count, `${instances?.ready} of ${count} instances are ready`);
  expect(mine.length === count, `there are ${mine.length} containers, not ${count}`);
  expect(
    mine.every(({ state }) => state === 'running'),
    'a container does not run',
  );
  const ordinals = mine.map(({ labels }) => Number(labels[label('ordinal')])).toSorted((a, b) => a - b);
  expect(
    ordinals.every((ordinal, index) => ordinal === index),
    `its instances are in the slots ${ordinals.join()}`,
  );
  expect(
    mine.every(({ labels }) => Number(labels[label('release-number')]) === liveRelease),
    'an instance is of another release than the live one',
  );
  const networks = there.networks.filter((owner) => owner === id).length;
  expect(networks === 1, `it has ${networks} networks`);
  const volumes = there.volumes.filter(({ labels }) => labels[label('deployment')] === id).length;
  const mounted = Object.keys(wanted.volumes).length * count;
  expect(volumes === mounted, `it has ${volumes} volumes, not ${mounted}`);
  found.push(...(await configDifferences(world, wanted, mine)));
  const image = Array.from(world.digests).find(([, digest]) => digest === wanted.currentLiveDigest)?.[0];
  const body = await bodyAt(world, wanted);
  const page = `image ${image} version ${JSON.stringify(wanted.environmentVariables['VERSION']).replaceAll('"', '')}`;
  expect(body === page, `its address answers "${body}", not "${page}"`);
  return found;
}

/** What each instance reads under /etc/config against what is wanted. */
async function configDifferences(
  { region }: World,
  { name, configMounts }: DeploymentInfo,
  instances: readonly ContainerRecord[],
): Promise<string[]> {
  const files = Object.keys(configMounts).map((file) => `/etc/config/${file}`);
  if (files.length === 0) return [];
  const wanted = Object.values(configMounts).map((content) => Buffer.from(content, 'base64').toString());
  const read = instances.map(async ({ id }): Promise<string[]> => {
    try {
      const { stdout, stderr } = await region.engine.exec(id, ['cat', ...files]);
      if (stdout === wanted.join('')) return [];
      return [`${name}: under /etc/config it reads "${stdout}${stderr}"`];
    } catch (error) {
      // It may be ending just now.
      return [`${name}: under /etc/config nothing can be read (${String(error)})`];
    }
  });
  return (await Promise.all(read)).flat();
}

/** What the deployment's address answers, in the words of the page or of what went wrong. */
export async function bodyAt({ region }: World, { addresses }: DeploymentInfo): Promise<string> {
  const url = addresses?.find((one) => one.url?.startsWith('http:') === true)?.url;
  if (url === undefined) return 'it has no address';
  try {
    const { agent } = region;
    return (await ask(url, agent === undefined ? {} : { agent })).body.trim();
  } catch (error) {
    return String(error);
  }
}

/** What is there of deployments that nobody wants. */
function leftOver(wanted: readonly DeploymentInfo[], there: There): string[] {
  const known = new Set(wanted.map(({ id }) => id));
  const isLeft = (deployment: string | undefined): boolean =>
    deployment !== undefined && !known.has(deployment);
  const services = there.others
    .map(({ labels }) => labels[label('role')] ?? 'unknown')
    .toSorted((a, b) => a.localeCompare(b));
  return [
    ...there.instances
      .filter(({ labels }) => isLeft(labels[label('deployment')]))
      .map(({ name }) => `the container ${name} is left over`),
    ...there.networks.filter(isLeft).map((id) => `a network of ${id} is left over`),
    ...there.volumes
      .filter(({ labels }) => isLeft(labels[label('deployment')]))
      .map(({ name }) => `the volume ${name} is left over`),
    ...(services.join() === 'edge,registry' ? [] : [`the region's own containers are ${services.join()}`]),
  ];
}

/** What the proxy itself says: exactly the instances take traffic, under the names of exactly the deployments. */
async function atTheEdge(
  { region }: World,
  wanted: readonly DeploymentInfo[],
  there: There,
): Promise<string[]> {
  const api = runtimeApi(join(region.stateDir, 'edge', adminSocketName));
  const servers = parseServersState(await api.ask('show servers state'));
  const ready = servers.filter(({ state }) => state === 'ready').map(({ address }) => address);
  const instances = there.instances.flatMap(({ addresses }) => Object.values(addresses));
  const known = new Set(wanted.map(({ id }) => id));
  const hosts = Array.from(parseMap(await api.ask(`show map ${edgeFolder}/${hostMapName}`)).keys());
  const strange = hosts.filter((host) => {
    const id = /^8080-([0-9a-f]{32})\./.exec(host)?.[1];
    return id !== undefined && !known.has(id);
  });
  const same = ready.toSorted().join() === instances.toSorted().join();
  return [
    ...(same ? [] : [`the edge sends to ${ready.join()}; there are ${instances.join()}`]),
    ...servers
      .filter(({ state }) => state === 'drain')
      .map(({ address }) => `the edge still drains ${address}`),
    ...strange.map((host) => `the edge still knows ${host}`),
  ];
}
