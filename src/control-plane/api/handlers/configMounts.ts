import { withTimeout } from '../../../base/abort.ts';
import { describeError } from '../../../base/log.ts';
import { problem } from '../../../protocol/problems.ts';
import type { ConfigChange, ConfigInstance } from '../../../protocol/shapes/configMount.ts';
import type { Synced } from '../../config/configSync.ts';
import { decideChanges } from '../../config/changes.ts';
import type { ConfigWrite } from '../../state/configMounts.ts';
import { count, release } from '../../state/wishes.ts';
import { configRollsOut, whoIs, writeConfig } from '../config.ts';
import { deploymentOf } from '../find.ts';
import { paged, type Caller, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { configMountView, configVersionView } from '../views.ts';
import { targetOf } from './start.ts';

type Names = 'getConfigMounts' | 'getConfigMount' | 'changeConfigMounts' | 'listConfigMountVersions';
type At = { readonly workspaceId: string; readonly deploymentId: string };

/** How long an answer waits for the instances, in milliseconds. */
const patienceMs = 5000;

/** Config mounts as documents: each with a version, all of them together with a generation. */
export function configMountHandlers(parts: ApiParts): Some<Names> {
  const { store, notary } = parts;
  return {
    async getConfigMounts({ params, signal }) {
      const { id } = deploymentOf(store, params);
      const seen = await parts.config.seen(id, { signal }).catch(() => new Map<string, undefined>());
      return {
        generation: store.configMounts.generation(id),
        mounts: store.configMounts.list(id).map(configMountView),
        instances: instancesOf(seen),
      };
    },
    getConfigMount({ params, query }) {
      const { id } = deploymentOf(store, params);
      const found = store.configMounts.find(id, params.name, query.version);
      if (found === undefined) throw absent(params.name, query.version);
      return { ...configMountView(found), content: found.content.toString('base64') };
    },
    async changeConfigMounts({ params, body, caller, signal }) {
      const began = notary.now();
      const { id } = deploymentOf(store, params);
      const made = makeChange(parts, params, body.changes, caller);
      const outcome = await outcomeOf(parts, id, signal);
      return {
        generation: made.generation,
        mounts: store.configMounts.list(id).map(configMountView),
        instances: outcome.kind === 'synced' ? instancesOf(outcome.synced.instances) : [],
        ms: Math.max(0, notary.now() - began),
        ...(made.release === undefined ? {} : { release: made.release }),
        ...messageOf(made, outcome),
        ...afterOf(outcome),
      };
    },
    listConfigMountVersions({ params, query }) {
      const { id } = deploymentOf(store, params);
      const page = store.configMounts.history(id, params.name, query);
      if (page.total === 0) throw absent(params.name);
      return paged(page, (rows) => ({ versions: rows.map(configVersionView) }));
    },
  };
}

interface Made {
  readonly generation: number;
  /** Number of the release that was made for it. */
  readonly release: number | undefined;
}

/** Notes the next generation, in one transaction. @throws ProblemError when it may not be. */
function makeChange(
  parts: ApiParts,
  at: At,
  changes: readonly ConfigChange[],
  caller: Caller | undefined,
): Made {
  const { store, notary } = parts;
  return store.change((publish) => {
    const found = deploymentOf(store, at);
    const writes = decided(parts, found.id, changes);
    const rollsOut = configRollsOut(store, found, writes);
    writeConfig(parts, publish, found, { writes, who: whoIs(store, caller), rollsOut });
    const generation = store.configMounts.generation(found.id);
    if (writes.length === 0) return { generation, release: undefined };
    if (!rollsOut) {
      // Instances are brought to it from here; the loop would only look at all of them once more.
      count(notary, found);
      return { generation, release: undefined };
    }
    const target = targetOf(parts, found);
    const wanted = { digest: target?.digest, config: found.config, cause: 'update' as const };
    return { generation, release: release(notary, publish, found, wanted).number };
  });
}

function decided(
  { store: { configMounts } }: ApiParts,
  id: string,
  changes: readonly ConfigChange[],
): readonly ConfigWrite[] {
  const decision = decideChanges(changes, {
    present: configMounts.list(id),
    last: (name) => configMounts.last(id, name),
    contentOf: (name, version) => configMounts.find(id, name, version)?.content,
  });
  switch (decision.kind) {
    case 'writes':
      return decision.writes;
    case 'refused':
      throw problem('wrongParameters', { fields: decision.fields });
    case 'absent':
      throw problem('resourceDoesNotExist', { says: decision.says });
    case 'conflict': {
      const { fields } = decision;
      const what = fields.map(({ field, message }) => `${field.slice('configMounts.'.length)} ${message}.`);
      const says = `${what.join(' ')} Nothing was changed. Compare, then overwrite it or take what is there.`;
      throw problem('configMountConflict', { says, fields });
    }
  }
}

type Outcome =
  | { readonly kind: 'synced'; readonly synced: Synced }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly why: string };

/** What came of it within the time that an answer waits. What goes on then, or has to be tried again, does so. */
async function outcomeOf(
  { config, reconciler }: ApiParts,
  id: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const limit = withTimeout(patienceMs, signal);
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  limit.addEventListener('abort', () => resolve({ kind: 'late' }), { once: true });
  const work = config.sync(id).then(
    (synced): Outcome => ({ kind: 'synced', synced }),
    (error: unknown): Outcome => {
      reconciler.wake(id);
      return { kind: 'failed', why: describeError(error) };
    },
  );
  return Promise.race([work, late]);
}

function messageOf(made: Made, outcome: Outcome): { readonly message?: string } {
  if (made.release !== undefined) {
    return { message: `Release ${made.release} brings it to the instances as it takes over.` };
  }
  switch (outcome.kind) {
    case 'failed':
      return {
        message: `It is kept, and could not be put into the instances yet: ${outcome.why} It is tried again.`,
      };
    case 'late':
      return {
        message: 'It is kept, and is not in every instance yet. It is put there as soon as possible.',
      };
    case 'synced':
      return {};
  }
}

function afterOf(outcome: Outcome) {
  const announced = outcome.kind === 'synced' ? outcome.synced.announced : undefined;
  if (announced === undefined || announced.kind === 'nothing') return {};
  return {
    after: {
      kind: announced.kind,
      outcomes: announced.outcomes.map(({ instance, problem: why }) =>
        why === undefined ? { instance } : { instance, problem: why },
      ),
    },
  };
}

function instancesOf(seen: ReadonlyMap<string, number | undefined>): ConfigInstance[] {
  return Array.from(seen, ([id, generation]) => (generation === undefined ? { id } : { id, generation }));
}

function absent(name: string, version?: number) {
  const what = version === undefined ? `config mount ${name}` : `version ${version} of ${name}`;
  return problem('resourceDoesNotExist', { says: `There is no ${what} (any more).` });
}
