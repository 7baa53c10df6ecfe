import { machineTypeRoute, runnerRoutes, userRoutes, volumeRoutes } from './common.ts';
import { change, found, inFull, inList, rowOf } from './deployments.ts';
import {
  broken,
  missing,
  pageOf,
  Panic,
  patrTime,
  PatrDouble,
  Refusal,
  route,
  totalOf,
  wrong,
  type Route,
} from './double.ts';
import { urlReads } from './urls.ts';
import type { PatrWorld, Row } from './world.ts';

const ws = '/workspace/:workspaceId';
const one = `${ws}/deployment/:deploymentId`;

/**
 * Patr's rewrite of October 2024. Its registry, revert and sign-in are not mounted: 404 with an empty body. A status
 * changes when somebody asks for it; nothing ever becomes healthy.
 */
export const rewriteRoutes: readonly Route[] = [
  ...userRoutes(patrTime),
  ...runnerRoutes,
  ...volumeRoutes,
  // Making and changing one fails: a column is missing.
  ...urlReads,
  route(`POST ${ws}/infrastructure/managed-url`, fail, { takesBody: true }),
  route(
    `POST ${ws}/deployment`,
    (world, { body = {} }) => {
      const row = rowOf(world, body);
      row.status = body['deployOnCreate'] === true ? 'running' : 'created';
      world.deployments.unshift(row);
      return { status: 201, fields: { id: row.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${ws}/deployment`, (world, { query, params }) => {
    // Of an unknown workspace: an empty list.
    const all = params['workspaceId'] === world.workspaceId ? world.deployments : [];
    const page = pageOf(query, all);
    return { status: 200, fields: { deployments: page.map(inList) }, total: totalOf(page, all) };
  }),
  machineTypeRoute,
  route(`GET ${one}`, (world, call) => ({ status: 200, fields: inFull(found(world, call)) })),
  route(
    `PATCH ${one}`,
    (world, call) => {
      const row = found(world, call);
      const { body = {} } = call;
      const forgotten = (['startupProbe', 'livenessProbe'] as const).some(
        (probe) => row[probe] !== undefined && body[probe] === undefined,
      );
      // It clears port and path and keeps the type of the port, which a check of the database refuses.
      if (forgotten) throw broken();
      if (world.isTaken(body['name'], row.id)) throw broken();
      change(row, body);
      return { status: 202 };
    },
    { takesBody: true },
  ),
  route(`DELETE ${one}`, (world, { params }) => {
    const at = world.deployments.findIndex(({ id }) => id === params['deploymentId']);
    if (at < 0) throw broken();
    const [row] = world.deployments.slice(at);
    if (Object.keys(row?.volumes ?? {}).length > 0) throw new Refusal(422, 'resourceInUse');
    world.deployments.splice(at, 1);
    return { status: 205 };
  }),
  route(`POST ${one}/start`, (world, call) => {
    if (!['true', 'false'].includes(call.query.get('forceRestart') ?? ''))
      throw wrong('Invalid Query Parameters');
    const row = found(world, call);
    row.status = 'deploying';
    return { status: 200 };
  }),
  // Also for one that never was.
  route(`POST ${one}/stop`, (world, { params }) => {
    const row = world.deployment(params['deploymentId'] ?? '');
    if (row !== undefined) row.status = 'stopped';
    return { status: 202 };
  }),
  // The log store sends times as text where a number is expected.
  route(`GET ${one}/logs`, (world, call) => {
    found(world, call);
    throw broken();
  }),
  // Values are not filled in.
  route(`GET ${one}/metrics`, (world, call) => {
    found(world, call);
    const point = { cpuUsage: '', memoryUsage: '', networkUsageTx: '', networkUsageRx: '' };
    return { status: 200, fields: { metrics: [{ timestamp: patrTime(world.time()), ...point }] } };
  }),
  route(`GET ${one}/deploy-history`, (world, call) => {
    const { history } = found(world, call);
    const { query } = call;
    const count = Number(query.get('count') ?? 25);
    // `AND` of the bits, where `times` was meant.
    const offset = count & Number(query.get('page') ?? 0);
    const page = history.slice(offset, offset + count);
    return { status: 200, fields: { deploys: page.map(entry) }, total: totalOf(page, history) };
  }),
  route(`DELETE ${one}/deploy-history/:digest`, (world, call) => {
    const row = found(world, call);
    const at = row.history.findIndex(({ imageDigest }) => imageDigest === call.params['digest']);
    if (at < 0) throw missing();
    if (row.currentLiveDigest === call.params['digest']) throw broken();
    row.history.splice(at, 1);
    return { status: 205 };
  }),
  // Written down and never finished: reading and making dies, changing answers success and does nothing.
  route(`GET ${ws}/secret`, panic),
  route(`POST ${ws}/secret`, panic, { takesBody: true }),
  route(`PATCH ${ws}/secret/:secretId`, () => ({ status: 200 }), { takesBody: true }),
  route(`DELETE ${ws}/secret/:secretId`, () => ({ status: 200 })),
];

function fail(): never {
  throw broken();
}

function panic(): never {
  throw new Panic();
}

function entry({ imageDigest, at }: Row['history'][number]): object {
  return { imageDigest, created: patrTime(at) };
}

export function startRewrite(): Promise<PatrDouble> {
  return PatrDouble.start(rewriteRoutes);
}

/** A deployment ran these digests, the first one last. */
export function hasRun(world: PatrWorld, id: string, digests: readonly string[]): void {
  const row = world.deployment(id);
  if (row !== undefined) for (const digest of digests) world.ran(row, digest);
}
