import {
  machineTypeRoute,
  repositoryFacts,
  runnerRoutes,
  secretRoutes,
  userRoutes,
  volumeRoutes,
} from './common.ts';
import { change, found, inFull, inList, rowOf } from './deployments.ts';
import {
  missing,
  pageOf,
  patrTime,
  PatrDouble,
  Refusal,
  route,
  totalOf,
  wrong,
  type Route,
  type StreamRoute,
} from './double.ts';
import { domainRoutes, urlReads, urlWrites } from './urls.ts';
import type { PatrWorld, Repository, Row } from './world.ts';

const ws = '/workspace/:workspaceId';
const one = `${ws}/deployment/:deploymentId`;
const repositories = `${ws}/container-registry`;

/** Patr since 2025: what the rewrite lacked is there, and the state `created` is not. */
export const currentRoutes: readonly Route[] = [
  ...userRoutes(patrTime),
  ...runnerRoutes,
  ...volumeRoutes,
  ...secretRoutes,
  ...urlReads,
  ...urlWrites({ nested: true }),
  ...domainRoutes,
  route(
    `POST ${ws}/deployment`,
    (world, { body = {} }) => {
      const row = rowOf(world, body);
      row.status = body['deployOnCreate'] === true ? 'deploying' : 'stopped';
      const digest = digestOfTag(world, row);
      row.currentLiveDigest = digest ?? null;
      if (digest !== undefined) world.ran(row, digest);
      world.deployments.unshift(row);
      return { status: 201, fields: { id: row.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${ws}/deployment`, ({ deployments }, { query }) => {
    const page = pageOf(query, deployments);
    return { status: 200, fields: { deployments: page.map(inList) }, total: totalOf(page, deployments) };
  }),
  machineTypeRoute,
  route(`GET ${one}`, (world, call) => ({ status: 200, fields: inFull(found(world, call)) })),
  route(
    `PATCH ${one}`,
    (world, call) => {
      const row = found(world, call);
      const { body = {} } = call;
      if (world.isTaken(body['name'], row.id)) throw new Refusal(409, 'resourceAlreadyExists');
      change(row, body);
      if (row.status === 'running') row.status = 'deploying';
      return { status: 202 };
    },
    { takesBody: true },
  ),
  route(`DELETE ${one}`, (world, call) => {
    const row = found(world, call);
    if (Object.keys(row.volumes).length > 0) throw new Refusal(422, 'resourceInUse');
    world.deployments.splice(world.deployments.indexOf(row), 1);
    return { status: 205 };
  }),
  route(`POST ${one}/start`, (world, call) => {
    found(world, call).status = 'deploying';
    return { status: 200 };
  }),
  route(`POST ${one}/stop`, (world, call) => {
    found(world, call).status = 'stopped';
    return { status: 202 };
  }),
  route(`GET ${one}/logs`, (world, call) => {
    found(world, call);
    const lines = ['GET / 200', 'listening on 8080'].filter((log) =>
      log.includes(call.query.get('search') ?? ''),
    );
    return {
      status: 200,
      fields: { logs: lines.map((log) => ({ timestamp: patrTime(world.time()), log })) },
    };
  }),
  // One figure at a time; values are texts, and `null` where nothing was measured.
  route(`GET ${one}/metrics/:metric`, (world, call) => {
    found(world, call);
    const value = figures[call.params['metric'] ?? ''];
    if (value === undefined) throw wrong('Invalid Request URL');
    const points = [value, null].map((at, step) => ({
      timestamp: patrTime(world.time() + step * 60_000),
      value: at,
    }));
    return { status: 200, fields: { dataPoints: points } };
  }),
  route(`GET ${one}/deploy-history`, (world, call) => {
    const { history } = found(world, call);
    const page = pageOf(call.query, history);
    const deploys = page.map(({ imageDigest, at }) => ({ imageDigest, created: patrTime(at) }));
    return { status: 200, fields: { deploys }, total: totalOf(page, history) };
  }),
  route(`POST ${one}/deploy-history/:digest/revert`, (world, call) => {
    const row = found(world, call);
    const digest = call.params['digest'] ?? '';
    if (!row.history.some(({ imageDigest }) => imageDigest === digest)) throw missing();
    row.currentLiveDigest = digest;
    row.status = 'deploying';
    return { status: 202 };
  }),

  route(
    `POST ${repositories}`,
    (world, { body }) => {
      const name = String(body?.['name']);
      if (world.repositories.some((one) => one.name === name))
        throw new Refusal(409, 'resourceAlreadyExists');
      const repository = { id: world.id(), name, tags: new Map<string, string>() };
      world.repositories.push(repository);
      return { status: 201, fields: { id: repository.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${repositories}`, (world, { query }) => {
    const all = world.repositories;
    const page = pageOf(query, all);
    const rows = page.map((repository) => ({ id: repository.id, ...repositoryFacts(repository) }));
    return { status: 200, fields: { repositories: rows }, total: totalOf(page, all) };
  }),
  route(`GET ${repositories}/usage`, ({ repositories: all }) => ({
    status: 200,
    fields: { usedBytes: 25_000_000 * all.length, repositoryCount: all.length, imageCount: all.length },
  })),
  // Nested, and without its id.
  route(`GET ${repositories}/:repositoryId`, (world, { params }) => ({
    status: 200,
    fields: { repository: repositoryFacts(repositoryOf(world, params)) },
  })),
  // Snake case in one field. Of an unknown repository: an empty list.
  route(`GET ${repositories}/:repositoryId/tag`, (world, { params, query }) => {
    const repository = world.repositories.find(({ id }) => id === params['repositoryId']);
    const all = Array.from(repository?.tags ?? [], ([tag, digest]) => ({
      tag,
      digest,
      last_updated: patrTime(1_700_000_000_000),
    }));
    const page = pageOf(query, all);
    return { status: 200, fields: { tags: page }, total: totalOf(page, all) };
  }),
  route(`GET ${repositories}/:repositoryId/image/:digestOrTag/exposed-ports`, (world, { params }) => {
    if (!repositoryOf(world, params).tags.has(params['digestOrTag'] ?? ''))
      throw new Refusal(400, 'tagNotFound');
    return { status: 200, fields: { ports: { 8080: 'http' } } };
  }),
  route(`DELETE ${repositories}/:repositoryId`, (world, { params }) => {
    const repository = repositoryOf(world, params);
    const used = world.deployments.some(
      ({ source }) => 'repositoryId' in source && source.repositoryId === repository.id,
    );
    if (used) throw new Refusal(422, 'resourceInUse');
    world.repositories.splice(world.repositories.indexOf(repository), 1);
    return { status: 200 };
  }),
];

const figures: Readonly<Record<string, string>> = {
  container_cpu_usage: '0.25',
  memory_used: '64000000',
  network_rx: '120',
  network_tx: '80',
  ingress_rps: '3.5',
};

/** Frames are tagged from inside. From `startTime` on what was printed, then what comes. */
export const currentStreams: readonly StreamRoute[] = [
  {
    path: `${one}/logs/stream`,
    first(world, call) {
      found(world, call);
      if (!call.query.has('startTime')) return [];
      return [{ type: 'LogData', logs: [{ timestamp: patrTime(world.time()), log: 'listening on 8080' }] }];
    },
  },
];

function repositoryOf(world: PatrWorld, params: Readonly<Record<string, string>>): Repository {
  const repository = world.repositories.find(({ id }) => id === params['repositoryId']);
  if (repository === undefined) throw missing();
  return repository;
}

function digestOfTag(world: PatrWorld, { source, imageTag }: Row): string | undefined {
  if (!('repositoryId' in source)) return undefined;
  return world.repositories.find(({ id }) => id === source.repositoryId)?.tags.get(imageTag);
}

export function startCurrent(): Promise<PatrDouble> {
  return PatrDouble.start(currentRoutes, {}, currentStreams);
}
