import { secretRoutes, userRoutes } from './common.ts';
import { change, found, inFull, inList, plainPorts, rowOf } from './deployments.ts';
import { domainRoutes, urlReads, urlWrites } from './urls.ts';
import { missing, PatrDouble, Refusal, route, type Route } from './double.ts';
import type { PatrWorld, Repository, Row } from './world.ts';

const ws = '/workspace/:workspaceId';
const deployments = `${ws}/infrastructure/deployment`;
const one = `${deployments}/:deploymentId`;
const repositories = `${ws}/docker-registry`;

/** RFC 2822, as the first generation wrote times. */
const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

/**
 * Patr until February 2024. Everything of deployments stands below `infrastructure`, regions are regions, ports are
 * objects, volumes are part of their deployment, lists have no total, and every success is a 200.
 */
export const legacyRoutes: readonly Route[] = [
  ...userRoutes(rfc2822),
  ...secretRoutes,
  ...urlReads,
  ...urlWrites({ nested: false }),
  ...domainRoutes,
  route(`GET ${ws}/region`, ({ runnerId }) => ({
    status: 200,
    fields: {
      regions: [region(runnerId, 'Singapore', 'active'), region('f'.repeat(32), 'London', 'comingSoon')],
    },
  })),
  route(`GET ${ws}/region/:regionId`, ({ runnerId }, { params }) => {
    if (params['regionId'] !== runnerId) throw missing();
    return { status: 200, fields: region(runnerId, 'Singapore', 'active') };
  }),
  route(`GET ${ws}/infrastructure/machine-type`, ({ machineTypeId }) => ({
    status: 200,
    fields: { machineTypes: [{ id: machineTypeId, cpuCount: 1, memoryCount: 2 }] },
  })),
  route(
    `POST ${deployments}`,
    (world, { body = {} }) => {
      const { region: runner, ports, ...rest } = body;
      if (world.isTaken(body['name'])) throw new Refusal(400, 'resourceExists');
      const row = rowOf(world, { ...rest, runner, ports: plainPorts(ports) });
      if (Object.keys(row.ports).length === 0) throw new Refusal(400, 'wrongParameters');
      row.status = body['deployOnCreate'] === true ? 'deploying' : 'created';
      world.deployments.unshift(row);
      return { status: 200, fields: { id: row.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${deployments}`, ({ deployments: all }) => ({
    status: 200,
    fields: { deployments: all.map((row) => legacyForm(inList(row), row)) },
  })),
  route(`GET ${one}`, (world, call) => {
    const row = found(world, call);
    return { status: 200, fields: legacyForm(inFull(row), row) };
  }),
  route(
    `PATCH ${one}`,
    (world, call) => {
      const row = found(world, call);
      const { region: runner, ports, ...rest } = call.body ?? {};
      const changes = {
        ...rest,
        ...(runner === undefined ? {} : { runner }),
        ...(ports === undefined ? {} : { ports: plainPorts(ports) }),
      };
      if (world.isTaken(rest['name'], row.id)) throw new Refusal(400, 'resourceExists');
      change(row, changes);
      return { status: 202 };
    },
    { takesBody: true },
  ),
  route(`DELETE ${one}`, (world, call) => {
    world.deployments.splice(world.deployments.indexOf(found(world, call)), 1);
    return { status: 200 };
  }),
  route(`POST ${one}/start`, (world, call) => {
    found(world, call).status = 'deploying';
    return { status: 200 };
  }),
  route(`POST ${one}/stop`, (world, call) => {
    found(world, call).status = 'stopped';
    return { status: 200 };
  }),
  // Its field has another name, and it does not search.
  route(`GET ${one}/logs`, (world, call) => {
    found(world, call);
    const line = (logs: string): object => ({ timestamp: rfc2822(world.time()), logs });
    return { status: 200, fields: { logs: ['GET / 200', 'listening on 8080'].map(line) } };
  }),
  // The one time that is a number.
  route(`GET ${one}/deploy-history`, (world, call) => ({
    status: 200,
    fields: {
      deploys: found(world, call).history.map(({ imageDigest, at }) => ({ imageDigest, created: at })),
    },
  })),
  route(`POST ${one}/deploy-history/:digest/revert`, (world, call) => {
    const row = found(world, call);
    const digest = call.params['digest'] ?? '';
    if (!row.history.some(({ imageDigest }) => imageDigest === digest)) throw missing();
    Object.assign(row, { currentLiveDigest: digest, status: 'deploying' });
    return { status: 200 };
  }),

  route(
    `POST ${repositories}`,
    (world, { body }) => {
      const repository = {
        id: world.id(),
        name: String(body?.['repository']),
        tags: new Map<string, string>(),
      };
      if (world.repositories.some(({ name }) => name === repository.name))
        throw new Refusal(400, 'resourceExists');
      world.repositories.push(repository);
      return { status: 200, fields: { id: repository.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${repositories}`, (world) => ({
    status: 200,
    fields: { repositories: world.repositories.map(facts) },
  })),
  route(`GET ${repositories}/:repositoryId`, (world, { params }) => ({
    status: 200,
    fields: { ...facts(repositoryOf(world, params)), images: [] },
  })),
  route(`GET ${repositories}/:repositoryId/tag`, (world, { params }) => ({
    status: 200,
    fields: {
      tags: Array.from(repositoryOf(world, params).tags, ([tag, digest]) => ({
        tag,
        digest,
        lastUpdated: rfc2822(1_700_000_000_000),
      })),
    },
  })),
  route(`GET ${repositories}/:repositoryId/exposed-ports`, (world, { params, query }) => {
    if (!repositoryOf(world, params).tags.has(query.get('tag') ?? '')) throw new Refusal(400, 'tagNotFound');
    return { status: 200, fields: { ports: { 8080: 'http' } } };
  }),
  route(`DELETE ${repositories}/:repositoryId`, (world, { params }) => {
    const repository = repositoryOf(world, params);
    const used = world.deployments.some(
      ({ source }) => 'repositoryId' in source && source.repositoryId === repository.id,
    );
    if (used) throw new Refusal(400, 'resourceInUse');
    world.repositories.splice(world.repositories.indexOf(repository), 1);
    return { status: 200 };
  }),
];

function region(id: string, name: string, status: string): object {
  return { id, name, cloudProvider: 'digitalocean', status, type: 'patrOwned' };
}

function legacyForm(form: object, { runner, ports }: Row): object {
  const { runner: _, ...rest } = { runner, ...form };
  const typed = Object.fromEntries(Object.entries(ports).map(([port, type]) => [port, { type }]));
  return { ...rest, region: runner, ...('ports' in form ? { ports: typed } : {}) };
}

function facts({ id, name }: Repository): object {
  return { id, name, size: 25_000_000, lastUpdated: rfc2822(1_700_000_000_000) };
}

function repositoryOf(world: PatrWorld, params: Readonly<Record<string, string>>): Repository {
  const repository = world.repositories.find(({ id }) => id === params['repositoryId']);
  if (repository === undefined) throw missing();
  return repository;
}

export function startLegacy(): Promise<PatrDouble> {
  return PatrDouble.start(legacyRoutes, { always: 200, takesEmptyObject: true });
}
