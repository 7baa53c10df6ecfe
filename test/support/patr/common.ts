import { Refusal, missing, pageOf, patrTime, route, totalOf, type Route } from './double.ts';
import type { Repository } from './world.ts';

const ws = '/workspace/:workspaceId';

/** The same in all generations; only how a time is written differs. */
export function userRoutes(time: (at: number) => string | number): Route[] {
  return [
    route('GET /user', ({ userId }) => ({
      status: 200,
      fields: {
        id: userId,
        username: 'asha',
        firstName: 'Asha',
        lastName: 'Rao',
        created: time(0),
        recoveryEmail: 'asha@example.com',
        recoveryPhoneNumber: null,
        isMfaEnabled: false,
      },
    })),
    // Not paged: the way in.
    route('GET /user/workspaces', ({ workspaces, userId }) => ({
      status: 200,
      fields: { workspaces: workspaces.map((one) => ({ ...one, superAdminId: userId })) },
    })),
    route(`GET ${ws}`, ({ workspaceId, userId }, { params }) => {
      if (params['workspaceId'] !== workspaceId) throw missing();
      return { status: 200, fields: { id: workspaceId, name: 'acme', superAdminId: userId } };
    }),
  ];
}

/** Runners: all of them connected or not as a lock in a cache says. `lastSeen` is never filled in. */
export const runnerRoutes: Route[] = [
  route(`GET ${ws}/runner`, (world, { query }) => {
    const all = [{ id: world.runnerId, name: 'laptop', connected: true, lastSeen: null }];
    const page = pageOf(query, all);
    return { status: 200, fields: { runners: page }, total: totalOf(page, all) };
  }),
  route(`GET ${ws}/runner/:runnerId`, (world, { params }) => {
    if (params['runnerId'] !== world.runnerId) throw missing();
    // Nested here, flat in most other answers.
    return {
      status: 200,
      fields: { runner: { id: world.runnerId, name: 'laptop', connected: true, lastSeen: null } },
    };
  }),
];

/** Open to everybody, and in snake case. */
export const machineTypeRoute: Route = route(
  `GET ${ws}/deployment/machine-type`,
  ({ machineTypeId }) => ({
    status: 200,
    fields: { machineTypes: [{ id: machineTypeId, cpu_count: 1, memory_count: 2 }] },
  }),
  { open: true },
);

/** Names are unique in the whole installation, which the database says and nobody translates. */
export const volumeRoutes: Route[] = [
  route(
    `POST ${ws}/volume`,
    (world, { body }) => {
      const name = String(body?.['name']);
      if (world.volumes.some((one) => one.name === name)) throw new Refusal(500, 'internalServerError');
      const volume = { id: world.id(), name, size: Number(body?.['size']) };
      world.volumes.push(volume);
      return { status: 201, fields: { id: volume.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${ws}/volume`, (world, { query }) => {
    const all = world.volumes.map((volume) => ({ ...volume, deploymentId: mountedBy(world, volume.id) }));
    const page = pageOf(query, all);
    return { status: 200, fields: { volumes: page }, total: totalOf(page, all) };
  }),
  // Flat, and always as if nobody mounted it.
  route(`GET ${ws}/volume/:volumeId`, (world, { params }) => {
    const volume = world.volumes.find(({ id }) => id === params['volumeId']);
    if (volume === undefined) throw missing();
    return { status: 200, fields: { ...volume, deploymentId: null } };
  }),
  route(
    `PATCH ${ws}/volume/:volumeId`,
    (world, { params, body }) => {
      const volume = world.volumes.find(({ id }) => id === params['volumeId']);
      if (volume === undefined) throw missing();
      const size = Number(body?.['size'] ?? volume.size);
      if (size < volume.size) throw new Refusal(400, 'cannotReduceVolumeSize');
      Object.assign(volume, { size, name: body?.['name'] ?? volume.name });
      return { status: 202 };
    },
    { takesBody: true },
  ),
  // Also for one that never was.
  route(`DELETE ${ws}/volume/:volumeId`, (world, { params }) => {
    const id = params['volumeId'] ?? '';
    if (mountedBy(world, id) !== null) throw new Refusal(422, 'resourceInUse');
    const at = world.volumes.findIndex((one) => one.id === id);
    if (at >= 0) world.volumes.splice(at, 1);
    return { status: 205 };
  }),
];

function mountedBy({ deployments }: Parameters<Route['handle']>[0], volumeId: string): string | null {
  return deployments.find(({ volumes }) => volumeId in volumes)?.id ?? null;
}

/** The value is taken and never answered. */
export const secretRoutes: Route[] = [
  route(
    `POST ${ws}/secret`,
    (world, { body }) => {
      const id = world.id();
      world.secrets.set(id, { name: String(body?.['name']), value: String(body?.['value']) });
      return { status: 201, fields: { id } };
    },
    { takesBody: true },
  ),
  route(`GET ${ws}/secret`, (world, { query }) => {
    const all = Array.from(world.secrets, ([id, { name }]) => ({ id, name }));
    const page = pageOf(query, all);
    return { status: 200, fields: { secrets: page }, total: totalOf(page, all) };
  }),
  route(
    `PATCH ${ws}/secret/:secretId`,
    (world, { params, body }) => {
      const secret = world.secrets.get(params['secretId'] ?? '');
      if (secret === undefined) throw missing();
      Object.assign(secret, body);
      return { status: 202 };
    },
    { takesBody: true },
  ),
  route(`DELETE ${ws}/secret/:secretId`, (world, { params }) => {
    if (!world.secrets.delete(params['secretId'] ?? '')) throw missing();
    return { status: 205 };
  }),
];

export function repositoryFacts({ name }: Repository): object {
  const at = patrTime(1_700_000_000_000);
  return { name, size: 25_000_000, lastUpdated: at, created: at };
}
