import { missing, pageOf, Refusal, route, totalOf, wrong, type Call, type Route } from './double.ts';
import type { PatrWorld } from './world.ts';

const ws = '/workspace/:workspaceId';
const urls = `${ws}/infrastructure/managed-url`;
const domains = `${ws}/domain`;

/** A target stands beside the other fields in every answer. */
export const urlReads: readonly Route[] = [
  route(`GET ${urls}`, (world, { query }) => {
    const page = pageOf(query, world.urls);
    return { status: 200, fields: { urls: page }, total: totalOf(page, world.urls) };
  }),
  // Also of one that never was.
  route(`DELETE ${urls}/:managedUrlId`, (world, { params }) => {
    const at = world.urls.findIndex(({ id }) => id === params['managedUrlId']);
    if (at >= 0) world.urls.splice(at, 1);
    return { status: 205 };
  }),
];

/** `nested`: requests have the target under `urlType`; the first generation had it beside the rest there as well. */
export function urlWrites({ nested }: { readonly nested: boolean }): readonly Route[] {
  const targetOf = ({ body = {} }: Call): object => {
    const { subDomain: _, domainId: __, path: ___, urlType, ...beside } = body;
    const target = (nested ? urlType : beside) as { type?: unknown } | undefined;
    if (typeof target?.type !== 'string') throw wrong('Invalid body');
    return target;
  };
  // Kept in lower case with one slash at its beginning.
  const pathOf = ({ body = {} }: Call): string =>
    `/${String(body['path']).trim().toLowerCase().replace(/^\/+/, '')}`;
  return [
    route(
      `POST ${urls}`,
      (world, call) => {
        const { subDomain, domainId } = call.body ?? {};
        if (!world.domains.some(({ id }) => id === domainId)) throw wrong('The parameters are wrong.');
        const place = { subDomain: String(subDomain).trim().toLowerCase(), domainId, path: pathOf(call) };
        const same = Object.entries(place);
        if (world.urls.some((one) => same.every(([key, value]) => one[key] === value)))
          throw new Refusal(409, 'resourceAlreadyExists');
        const id = world.id();
        world.urls.push({ id, ...place, ...targetOf(call), isConfigured: false });
        return { status: 201, fields: { id } };
      },
      { takesBody: true },
    ),
    route(
      `POST ${urls}/:managedUrlId`,
      (world, call) => {
        const at = world.urls.findIndex(({ id }) => id === call.params['managedUrlId']);
        const before = world.urls[at];
        if (before === undefined) throw missing();
        const { id, subDomain, domainId, isConfigured } = before;
        world.urls[at] = { id, subDomain, domainId, isConfigured, path: pathOf(call), ...targetOf(call) };
        return { status: 202 };
      },
      { takesBody: true },
    ),
    route(`POST ${urls}/:managedUrlId/verify-configuration`, (world, { params }) => {
      const url = world.urls.find(({ id }) => id === params['managedUrlId']);
      if (url === undefined) throw missing();
      return { status: 200, fields: { configured: url['isConfigured'] } };
    }),
  ];
}

export const domainRoutes: readonly Route[] = [
  route(
    `POST ${domains}`,
    (world, { body }) => {
      const name = String(body?.['domain']);
      if (world.domains.some((one) => one.name === name)) throw new Refusal(409, 'resourceAlreadyExists');
      const { nameserverType } = body ?? {};
      const domain = { id: world.id(), name, lastUnverified: null, isVerified: false, nameserverType };
      world.domains.push(domain);
      return { status: 201, fields: { id: domain.id } };
    },
    { takesBody: true },
  ),
  route(`GET ${domains}`, (world, { query }) => {
    const page = pageOf(query, world.domains);
    return { status: 200, fields: { domains: page }, total: totalOf(page, world.domains) };
  }),
  route(`GET ${domains}/:domainId`, (world, call) => ({ status: 200, fields: domainOf(world, call) })),
  route(`DELETE ${domains}/:domainId`, (world, call) => {
    const domain = domainOf(world, call);
    if (world.urls.some(({ domainId }) => domainId === domain.id)) throw new Refusal(422, 'resourceInUse');
    world.domains.splice(world.domains.indexOf(domain), 1);
    return { status: 205 };
  }),
  route(`POST ${domains}/:domainId/verify`, (world, call) => ({
    status: 200,
    fields: { verified: domainOf(world, call).isVerified },
  })),
];

function domainOf(world: PatrWorld, { params }: Call): PatrWorld['domains'][number] {
  const domain = world.domains.find(({ id }) => id === params['domainId']);
  if (domain === undefined) throw missing();
  return domain;
}
