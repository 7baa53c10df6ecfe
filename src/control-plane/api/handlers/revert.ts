import { problem } from '../../../protocol/problems.ts';
import type { RevertPart } from '../../../protocol/shapes/release.ts';
import type { Deployment, Release, ReleaseConfig } from '../../domain.ts';
import { release } from '../../state/wishes.ts';
import { imageWasCollected } from '../collected.ts';
import { whoIs, writeConfig, writesBetween } from '../config.ts';
import { deploymentOf } from '../find.ts';
import { refuseMisfit } from '../fit.ts';
import type { Caller } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { breaches } from '../rules.ts';
import { refuseWhileRouted } from './managedUrls.ts';
import { refuseWithoutSecret } from './secrets.ts';
import { targetOf } from './start.ts';
import { checkVolumes } from './volumes.ts';

type At = { readonly workspaceId: string; readonly deploymentId: string };

/** Which release to go back to, and what of it to bring back. */
export interface RevertWanted {
  readonly digest: string;
  readonly parts: readonly RevertPart[];
  /** Its number, where several have that image; absent: the newest one. */
  readonly release?: number | undefined;
}

/**
 * Makes a new release out of parts of an old one and of what is wanted now. When the image changes, pushes are paused:
 * the next one would undo it.
 */
export function revertDeployment(parts: ApiParts, at: At, wanted: RevertWanted, caller?: Caller): void {
  const { store, notary } = parts;
  store.change((publish) => {
    const found = deploymentOf(store, at);
    const old =
      wanted.release === undefined
        ? store.releases.withDigest(found.id, wanted.digest)
        : store.releases.byNumber(found.id, wanted.release);
    if (old === undefined || old.digest !== wanted.digest) {
      throw problem('resourceDoesNotExist', { says: "This version is not in the deployment's history." });
    }
    if (wanted.parts.includes('image')) refuseCollected(store, old);
    const config = configAfter(found.config, old.config, wanted.parts);
    const present = targetOf(parts, found)?.digest;
    const digest = wanted.parts.includes('image') ? old.digest : present;
    const pushesPaused = found.pushesPaused || digest !== present;
    const back: Deployment = { ...found, config, machineTypeId: config.machineTypeId, pushesPaused };
    check(parts, back, wanted.parts);
    if (wanted.parts.includes('machineType')) refuseMisfit(parts, back);
    if (wanted.parts.includes('configMounts')) {
      const writes = writesBetween(store.configMounts.current(found.id).files, keptConfig(store, old));
      writeConfig(parts, publish, found, { writes, who: whoIs(store, caller), rollsOut: true });
    }
    release(notary, publish, back, { digest, config, cause: 'revert' });
  });
}

function configAfter(now: ReleaseConfig, old: ReleaseConfig, parts: readonly RevertPart[]): ReleaseConfig {
  const from = (part: RevertPart): ReleaseConfig => (parts.includes(part) ? old : now);
  return {
    ports: from('ports').ports,
    environment: from('environment').environment,
    startupProbe: from('probes').startupProbe,
    livenessProbe: from('probes').livenessProbe,
    volumes: from('volumes').volumes,
    machineTypeId: from('machineType').machineTypeId,
  };
}

/** What fitted together then may not fit what is wanted now. @throws ProblemError as an update does. */
function check({ store }: ApiParts, after: Deployment, parts: readonly RevertPart[]): void {
  const { config, workspaceId } = after;
  const fields = breaches(
    { ...config, minScale: after.minScale, maxScale: after.maxScale },
    {
      runner: true,
      machineType: store.identity.machineTypes().some(({ id }) => id === config.machineTypeId),
      repository: true,
    },
  );
  if (fields.length > 0) {
    const why = fields.map(({ field, message }) => `${field} ${message}`).join(', ');
    const says = `The parts of this version do not fit what the deployment has otherwise: ${why}. Revert ports and probes together.`;
    throw problem('wrongParameters', { says, fields });
  }
  if (parts.includes('ports')) refuseWhileRouted(store, after.id, config.ports);
  if (parts.includes('volumes')) checkVolumes(store, workspaceId, config.volumes, after.id);
  refuseWithoutSecret(store, workspaceId, config.environment);
}

/** The config mounts that a release had last. @throws ProblemError when some of them are not kept any more. */
function keptConfig({ configMounts }: ApiParts['store'], release: Release): ReadonlyMap<string, Buffer> {
  const files = configMounts.at(release.deploymentId, release.configGeneration);
  if (files.size === release.configFiles) return files;
  throw problem('resourceDoesNotExist', {
    says: 'The config mounts of this version are not kept any more, because they are older than what is kept. Revert without them, and write them anew.',
  });
}

/** An image that was removed because nobody needed it any more is nothing to go back to. */
function refuseCollected(store: ApiParts['store'], release: Release): void {
  if (!imageWasCollected(store, release)) return;
  throw problem('resourceDoesNotExist', {
    says: 'The image of this version was removed from the registry, because it is older than what is kept. Push it again, then revert.',
  });
}
