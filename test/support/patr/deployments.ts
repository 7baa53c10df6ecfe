import type { PortType } from '../../../src/protocol/shapes/deployment.ts';
import { broken, missing, wrong, Refusal, type Call } from './double.ts';
import type { PatrWorld, Probe, Row } from './world.ts';

type Body = Readonly<Record<string, unknown>>;

const namePattern = /^[a-zA-Z0-9\-_ .]{4,255}$/;

/** A new deployment out of a body in the rewrite's form, as the rewrite and what came after it keep it. */
export function rowOf(world: PatrWorld, body: Body): Row {
  for (const name of ['name', 'imageTag', 'runner', 'machineType', 'deployOnPush', 'deployOnCreate'])
    if (body[name] === undefined) throw wrong('Invalid body');
  const name = String(body['name']).trim();
  if (!namePattern.test(name)) throw wrong('The parameters are wrong.');
  if (world.isTaken(name)) throw new Refusal(409, 'resourceAlreadyExists');
  checkScale(body);
  return {
    id: world.id(),
    name,
    source: sourceOf(body),
    imageTag: String(body['imageTag']).trim().toLowerCase(),
    status: 'created',
    runner: String(body['runner']),
    machineType: String(body['machineType']),
    currentLiveDigest: null,
    deployOnPush: body['deployOnPush'] === true,
    minHorizontalScale: Number(body['minHorizontalScale']),
    maxHorizontalScale: Number(body['maxHorizontalScale']),
    ports: (body['ports'] ?? {}) as Row['ports'],
    environmentVariables: (body['environmentVariables'] ?? {}) as Body,
    startupProbe: body['startupProbe'] as Probe | undefined,
    livenessProbe: body['livenessProbe'] as Probe | undefined,
    configMounts: (body['configMounts'] ?? {}) as Row['configMounts'],
    volumes: (body['volumes'] ?? {}) as Body,
    history: [],
  };
}

/** A deployment that is there already, the newest of the list; of nginx where no image is given. */
export function addRow(
  world: PatrWorld,
  name: string,
  {
    status = 'running',
    configMounts = {},
    source = { registry: 'docker.io', imageName: 'library/nginx' },
  }: Partial<Pick<Row, 'status' | 'configMounts' | 'source'>> = {},
): Row {
  const row = rowOf(world, {
    name,
    ...source,
    imageTag: 'latest',
    runner: world.runnerId,
    machineType: world.machineTypeId,
    deployOnPush: false,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: { 80: 'http' },
    configMounts,
  });
  row.status = status;
  world.deployments.unshift(row);
  return row;
}

function sourceOf({ registry, repositoryId, imageName }: Body): Row['source'] {
  if (registry === 'registry.patr.cloud' && typeof repositoryId === 'string')
    return { registry, repositoryId };
  if (typeof registry === 'string' && typeof imageName === 'string') return { registry, imageName };
  throw wrong('Invalid body');
}

/** Breaches of the database's rules come out as failures of the server. */
function checkScale({ minHorizontalScale: least, maxHorizontalScale: most }: Body): void {
  if (Number(least) > Number(most) || Number(most) > 256) throw broken();
}

export const fieldsThatChange = [
  'name',
  'runner',
  'machineType',
  'deployOnPush',
  'minHorizontalScale',
  'maxHorizontalScale',
  'ports',
  'environmentVariables',
  'configMounts',
  'volumes',
] as const;

/** Every map that is given replaces the whole one. Nothing at all, or no port, is refused; port 0 removes a probe. */
export function change(row: Row, body: Body): void {
  if (Object.keys(body).length === 0) throw wrong('The parameters are wrong.');
  if (body['ports'] !== undefined && Object.keys(body['ports'] as object).length === 0)
    throw wrong('The parameters are wrong.');
  checkScale({ ...row, ...body });
  for (const field of fieldsThatChange)
    if (body[field] !== undefined) Object.assign(row, { [field]: body[field] });
  row.startupProbe = probeAfter(row.startupProbe, body['startupProbe']);
  row.livenessProbe = probeAfter(row.livenessProbe, body['livenessProbe']);
}

function probeAfter(before: Probe | undefined, given: unknown): Probe | undefined {
  if (given === undefined) return before;
  const probe = given as Probe;
  return probe.port === 0 ? undefined : probe;
}

export function found(world: PatrWorld, { params }: Call): Row {
  const row = world.deployment(params['deploymentId'] ?? '');
  if (row === undefined) throw missing();
  return row;
}

/** In lists: no running details. */
export function inList({ id, name, source, imageTag, status, runner, machineType, ...row }: Row): object {
  const { currentLiveDigest } = row;
  return { id, name, ...source, imageTag, status, runner, machineType, currentLiveDigest };
}

/** Empty maps and absent probes are left out. */
export function inFull(row: Row): object {
  const { deployOnPush, minHorizontalScale, maxHorizontalScale, startupProbe, livenessProbe } = row;
  const { ports, environmentVariables, configMounts, volumes } = row;
  const maps = Object.entries({ ports, environmentVariables, configMounts, volumes });
  return {
    ...inList(row),
    deployOnPush,
    minHorizontalScale,
    maxHorizontalScale,
    ...Object.fromEntries(maps.filter(([, map]) => Object.keys(map).length > 0)),
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(livenessProbe === undefined ? {} : { livenessProbe }),
  };
}

/** The type of each port, out of the legacy form. */
export function plainPorts(ports: unknown): Row['ports'] {
  return Object.fromEntries(
    Object.entries((ports ?? {}) as Record<string, { type: PortType }>).map(([port, { type }]) => [
      port,
      type,
    ]),
  );
}
