import { problem } from '../../../protocol/problems.ts';
import type { WorkspaceDomain } from '../../../protocol/shapes/domain.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import type { DnsLook, DomainRow } from '../../domain.ts';
import type { Store } from '../../state/store.ts';
import { hostOf } from '../../urls/places.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names = 'addDomain' | 'listDomains' | 'getDomain' | 'deleteDomain' | 'verifyDomain';

type LookedView = Pick<WorkspaceDomain, 'records' | 'message' | 'checked'>;

/** Domains of a workspace: added, and verified by a record that only their owner can make. */
export function domainHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, verifier } = parts;
  return {
    async addDomain({ params, body, signal }) {
      const { workspaceId } = params;
      check(parts, body);
      const row = store.change((publish): DomainRow => {
        refuseTaken(store, body.domain);
        const made: DomainRow = {
          id: notary.ids(),
          workspaceId,
          name: body.domain,
          isVerified: false,
          lastUnverifiedAt: undefined,
          looked: undefined,
          createdAt: notary.now(),
        };
        store.domains.put(made);
        publish({ kind: 'domain', domainId: made.id });
        return made;
      });
      // Nobody has the record yet, as its value was not known: only a name that needs none is verified at once.
      if (verifier.needsNoDns(row.name)) await verifier.domain(row, { signal });
      return { id: row.id };
    },
    listDomains: ({ params, query }) =>
      paged(store.domains.list(params.workspaceId, query), (rows) => ({
        domains: rows.map((row) => domainView(parts, row)),
      })),
    getDomain: ({ params }) => domainView(parts, domainOf(store, params)),
    deleteDomain({ params }) {
      store.change((publish) => {
        const found = domainOf(store, params);
        const urls = store.managedUrls.ofDomain(found.id);
        if (urls.length > 0) {
          const places = urls.map(({ subDomain, path }) => `${hostOf(subDomain, found.name)}${path}`);
          throw problem('resourceInUse', {
            says: `The domain is used by the managed URLs ${places.join(', ')}. Delete them first.`,
          });
        }
        store.domains.delete(found.id);
        publish({ kind: 'domain', domainId: found.id });
      });
    },
    async verifyDomain({ params, signal }) {
      const row = await verifier.domain(domainOf(store, params), { signal });
      if (row === undefined) throw gone();
      return { verified: row.isVerified, ...lookedView(row.looked ?? verifier.unlooked([])) };
    },
  };
}

/** @throws ProblemError `wrongParameters`. */
function check(
  { domain: regionDomain }: ApiParts,
  { domain, nameserverType }: { readonly domain: string; readonly nameserverType: string },
): void {
  if (nameserverType === 'internal') {
    throw problem('wrongParameters', {
      says: 'This server has no name servers of its own. Keep the records where the domain is, and choose external.',
      fields: [{ field: 'nameserverType', message: 'must be external' }],
    });
  }
  if (domain === regionDomain) {
    throw problem('wrongParameters', {
      says: `${domain} belongs to the deployments of the region. Choose a name below it, such as shop.${domain}.`,
      fields: [{ field: 'domain', message: 'belongs to the deployments of the region' }],
    });
  }
}

function refuseTaken(store: Store, name: string): void {
  if (store.domains.byName(name) === undefined) return;
  throw problem('resourceAlreadyExists', {
    says: `The domain ${name} was added already.`,
    fields: [{ field: 'domain', message: 'was added already' }],
  });
}

function gone() {
  return problem('resourceDoesNotExist', { says: 'The domain does not exist (any more).' });
}

/** A domain of that very workspace. @throws ProblemError `resourceDoesNotExist`. */
export function domainOf(store: Store, at: { workspaceId: string; domainId: string }): DomainRow {
  const found = store.domains.find(at.domainId);
  if (found === undefined || found.workspaceId !== at.workspaceId) throw gone();
  return found;
}

function domainView({ verifier }: ApiParts, row: DomainRow): WorkspaceDomain {
  const { id, name, isVerified, lastUnverifiedAt } = row;
  return {
    id,
    name,
    isVerified,
    lastUnverified: lastUnverifiedAt === undefined ? null : formatTimestamp(lastUnverifiedAt),
    nameserverType: 'external',
    ...lookedView(row.looked ?? verifier.unlooked(verifier.recordsOfDomain(row))),
  };
}

/** What was looked for, and what was found; before the first look, what there has to be. */
export function lookedView(looked: Omit<DnsLook, 'at'> & { readonly at?: number }): LookedView {
  const { at, records, message } = looked;
  return {
    records: records.map((record) => ({ ...record, found: [...record.found] })),
    ...(message === undefined ? {} : { message }),
    ...(at === undefined ? {} : { checked: formatTimestamp(at) }),
  };
}
