import { problem, type ProblemError } from '../../../protocol/problems.ts';
import type { ManagedUrl, ManagedUrlState, ManagedUrlTarget } from '../../../protocol/shapes/managedUrl.ts';
import type { DnsRecord } from '../../../protocol/shapes/domain.ts';
import type { PortType } from '../../../protocol/shapes/deployment.ts';
import type { ManagedUrlRow, UrlTarget } from '../../domain.ts';
import { holderOfHost } from '../../acme/wanted.ts';
import type { Store } from '../../state/store.ts';
import { hostOf, isDeploymentName, urlAddress } from '../../urls/places.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { domainOf, lookedView } from './domains.ts';

type Names =
  | 'listManagedUrls'
  | 'createManagedUrl'
  | 'updateManagedUrl'
  | 'deleteManagedUrl'
  | 'verifyManagedUrl';

/** In characters. DNS takes 253; a certificate's file has the host in its name, which file systems limit to 255. */
const longestHost = 240;

/** Managed URLs of a workspace. The edge hears of every change after the commit. */
export function managedUrlHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, verifier } = parts;
  return {
    listManagedUrls: ({ params, query }) =>
      paged(store.managedUrls.list(params.workspaceId, query), (rows) => ({
        urls: rows.map((row) => managedUrlView(parts, row)),
      })),
    async createManagedUrl({ params, body, signal }) {
      const { workspaceId } = params;
      const made = store.change((publish): ManagedUrlRow => {
        const domain = domainForUrl(store, workspaceId, body.domainId);
        const host = hostOf(body.subDomain, domain.name);
        if (host.length > longestHost) throw tooLong();
        if (isDeploymentName(host, parts.domain)) throw deploymentsName(host);
        const target = checkedTarget(store, workspaceId, body.urlType);
        const { subDomain, domainId, path } = body;
        refuseTaken(store, { subDomain, domainId, path }, host);
        const row: ManagedUrlRow = {
          id: notary.ids(),
          workspaceId,
          subDomain,
          domainId,
          path,
          target,
          isConfigured: false,
          looked: undefined,
          createdAt: notary.now(),
        };
        store.managedUrls.put(row);
        publish({ kind: 'managedUrl', managedUrlId: row.id });
        return row;
      });
      if (verifier.needsNoDns(store.domains.find(made.domainId)?.name ?? '')) {
        await verifier.url(made, { signal });
      }
      return { id: made.id };
    },
    updateManagedUrl({ params, body }) {
      store.change((publish) => {
        const before = managedUrlOf(store, params);
        const { workspaceId } = before;
        const target = checkedTarget(store, workspaceId, body.urlType);
        const after = { ...before, path: body.path, target };
        refuseTaken(store, after, hostOfUrl(store, after), before.id);
        store.managedUrls.put(after);
        publish({ kind: 'managedUrl', managedUrlId: after.id });
      });
    },
    deleteManagedUrl({ params }) {
      store.change((publish) => {
        const found = managedUrlOf(store, params);
        store.managedUrls.delete(found.id);
        publish({ kind: 'managedUrl', managedUrlId: found.id });
      });
    },
    async verifyManagedUrl({ params, signal }) {
      const row = await verifier.url(managedUrlOf(store, params), { signal });
      if (row === undefined) throw gone();
      return { configured: row.isConfigured, ...lookedView(row.looked ?? verifier.unlooked([])) };
    },
  };
}

function domainForUrl(store: Store, workspaceId: string, domainId: string) {
  const found = store.domains.find(domainId);
  if (found !== undefined && found.workspaceId === workspaceId) return found;
  throw problem('wrongParameters', {
    says: 'The domain does not exist (any more). Add it to the workspace first.',
    fields: [{ field: 'domainId', message: 'does not exist' }],
  });
}

function tooLong(): ProblemError {
  return problem('wrongParameters', {
    says: `The host of a URL has at most ${longestHost} characters. Choose a shorter sub-domain.`,
    fields: [{ field: 'subDomain', message: 'must be shorter' }],
  });
}

function deploymentsName(host: string): ProblemError {
  return problem('wrongParameters', {
    says: `${host} can be the name of a deployment. Choose a sub-domain, such as www.`,
    fields: [{ field: 'subDomain', message: 'must be a name below the domain, such as www' }],
  });
}

/** @throws ProblemError `wrongParameters`, with the field that it is about. */
function checkedTarget(store: Store, workspaceId: string, target: ManagedUrlTarget): UrlTarget {
  switch (target.type) {
    case 'proxyStaticSite':
      throw refusedTarget('type', 'This server has no static sites. Let the URL lead to a deployment.');
    case 'proxyDeployment': {
      const deployment = store.deployments.find(target.deploymentId);
      if (deployment === undefined || deployment.workspaceId !== workspaceId) {
        throw refusedTarget('deploymentId', 'The deployment does not exist (any more).');
      }
      if (deployment.config.ports[String(target.port)] === 'http') return target;
      const says = `${deployment.name} has no http port ${target.port}. Choose one of its http ports, or add this one to it first.`;
      throw refusedTarget('port', says);
    }
    case 'proxyUrl':
    case 'redirect':
      return target;
  }
}

function refusedTarget(field: string, says: string): ProblemError {
  return problem('wrongParameters', { says, fields: [{ field: `urlType.${field}`, message: says }] });
}

function refuseTaken(
  store: Store,
  place: Pick<ManagedUrlRow, 'domainId' | 'subDomain' | 'path'>,
  host: string,
  exceptId?: string,
): void {
  if (!store.managedUrls.placeTaken(place, exceptId)) return;
  throw problem('resourceAlreadyExists', {
    says: `There is already a managed URL at ${host}${place.path}. Change that one, or choose another path.`,
    fields: [{ field: 'path', message: 'is already taken' }],
  });
}

function gone(): ProblemError {
  return problem('resourceDoesNotExist', { says: 'The managed URL does not exist (any more).' });
}

function managedUrlOf(store: Store, at: { workspaceId: string; managedUrlId: string }): ManagedUrlRow {
  const found = store.managedUrls.find(at.managedUrlId);
  if (found === undefined || found.workspaceId !== at.workspaceId) throw gone();
  return found;
}

function hostOfUrl(store: Store, { workspaceId, domainId, subDomain }: ManagedUrlRow): string {
  return hostOf(subDomain, domainOf(store, { workspaceId, domainId }).name);
}

function managedUrlView(parts: ApiParts, row: ManagedUrlRow): ManagedUrl {
  const { id, subDomain, domainId, path, isConfigured, target } = row;
  const { edge } = parts.reconciler.region();
  const host = hostOfUrl(parts.store, row);
  const { state, message } = standing(parts, row);
  const { message: dns, ...looked } = lookedView(
    row.looked ?? parts.verifier.unlooked(parts.verifier.recordsOfUrl(host)),
  );
  const says = message ?? dns;
  const records = [...domainRecords(parts, row), ...(looked.records ?? [])];
  const certificate = parts.certificateState(holderOfHost(host));
  return {
    id,
    subDomain,
    domainId,
    path,
    isConfigured,
    ...target,
    ...(edge === undefined ? {} : { address: urlAddress(host, path, edge) }),
    state,
    ...(certificate === undefined ? {} : { certificate }),
    ...(says === undefined || state === 'active' ? {} : { message: says }),
    ...looked,
    records,
  };
}

/** What its domain waits for: until that is there, nothing else makes a difference. */
function domainRecords({ store, verifier }: ApiParts, { domainId }: ManagedUrlRow): readonly DnsRecord[] {
  const domain = store.domains.find(domainId);
  if (domain === undefined || domain.isVerified) return [];
  return lookedView(domain.looked ?? verifier.unlooked(verifier.recordsOfDomain(domain))).records ?? [];
}

/** What keeps a URL from answering, the first thing first. */
function standing(
  { store, urlKeeper }: ApiParts,
  row: ManagedUrlRow,
): { readonly state: ManagedUrlState; readonly message?: string } {
  const domain = store.domains.find(row.domainId);
  if (domain?.isVerified !== true) {
    const message = `The domain ${domain?.name ?? ''} is not verified yet, so the URL answers nobody. Verify the domain first.`;
    return { state: 'waitingForDomain', message };
  }
  const { target } = row;
  if (target.type === 'proxyDeployment' && store.deployments.find(target.deploymentId) === undefined) {
    return {
      state: 'noTarget',
      message: 'The deployment does not exist any more. Let the URL lead elsewhere.',
    };
  }
  const trouble = urlKeeper.trouble(row);
  if (trouble !== undefined) return { state: 'noTarget', message: trouble };
  return { state: row.isConfigured ? 'active' : 'waitingForDns' };
}

/** What a URL leads to stays. @throws ProblemError `resourceInUse`, which names the URLs. */
export function refuseWhileRouted(
  store: Store,
  deploymentId: string,
  ports?: Readonly<Record<string, PortType>>,
): void {
  const urls = store.managedUrls
    .toDeployment(deploymentId)
    .filter(({ target }) => ports === undefined || ports[portOf(target)] !== 'http');
  if (urls.length === 0) return;
  const places = urls.map((url) => `${hostOfUrl(store, url)}${url.path}`).join(', ');
  const fields = urls.map(({ target }) => ({
    field: `ports.${portOf(target)}`,
    message: 'is what a managed URL leads to',
  }));
  throw problem('resourceInUse', {
    says:
      ports === undefined
        ? `The deployment is used by the managed URLs ${places}. Let them lead elsewhere, or delete them first.`
        : `A port is used by the managed URLs ${places}. Let them lead elsewhere, or delete them first.`,
    ...(ports === undefined ? {} : { fields }),
  });
}

function portOf(target: UrlTarget): string {
  return target.type === 'proxyDeployment' ? String(target.port) : '';
}
