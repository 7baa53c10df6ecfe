import { dataLossWords, dataLost, sameConfig, scaleWithin } from '../../../protocol/consequences.ts';
import { limitChangeWords } from '../../../protocol/limitWords.ts';
import { problem } from '../../../protocol/problems.ts';
import type { Probe, UpdateDeployment } from '../../../protocol/shapes/deployment.ts';
import type { Deployment } from '../../domain.ts';
import { note, release, wakeLabel } from '../../state/wishes.ts';
import { afterConfigBreaches, byName, configRollsOut, whoIs, writeConfig, writesBetween } from '../config.ts';
import { deploymentOf } from '../find.ts';
import { noteOvercommit, refuseMisfit } from '../fit.ts';
import type { Caller } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { breaches } from '../rules.ts';
import { nameTaken } from './create.ts';
import { refuseWhileRouted } from './managedUrls.ts';
import { checkSecrets } from './secrets.ts';
import { checkVolumes } from './volumes.ts';

type At = { readonly workspaceId: string; readonly deploymentId: string };

/**
 * Changes what is wanted. A new release comes of it when it is running and instances made from the new
 * configuration would differ; a change of name or scale alone makes none.
 */
export function updateDeployment(
  parts: ApiParts,
  at: At,
  body: UpdateDeployment,
  caller: Caller | undefined,
): void {
  const { store, notary } = parts;
  const { ifRevision, allowDataLoss = false, ...changes } = body;
  if (Object.values(changes).every((change) => change === undefined)) {
    throw problem('wrongParameters', { says: 'The update changes nothing.' });
  }
  store.change((publish) => {
    const before = deploymentOf(store, at);
    if (ifRevision !== undefined && ifRevision !== before.revision) throw problem('revisionConflict');
    const after = changed(before, body);
    check(parts, after, body);
    const lost = dataLost(before, after);
    if (lost !== undefined && !allowDataLoss) {
      const says = `The change deletes ${dataLossWords(lost)}, with everything in it. Nothing was changed. Confirm that the data may be deleted, or leave the scale and the volumes as they are.`;
      throw problem('dataLossNotConfirmed', { says });
    }
    const writes =
      body.configMounts === undefined
        ? []
        : writesBetween(store.configMounts.current(before.id).files, byName(body.configMounts));
    const rollsOut =
      before.intent === 'running' &&
      (!sameConfig(before.config, after.config) || configRollsOut(store, after, writes));
    if (rollsOut || body.environmentVariables !== undefined) {
      checkSecrets(store, after.workspaceId, after.config.environment);
    }
    if (body.machineType !== undefined || body.minHorizontalScale !== undefined) refuseMisfit(parts, after);
    writeConfig(parts, publish, after, { writes, who: whoIs(store, caller), rollsOut });
    if (rollsOut) {
      const target =
        before.targetReleaseId === undefined ? undefined : store.releases.find(before.targetReleaseId);
      release(notary, publish, after, { digest: target?.digest, config: after.config, cause: 'update' });
    } else {
      note(notary, publish, after);
    }
    noteLimits(parts, before, after);
    const more = after.machineTypeId !== before.machineTypeId || after.scale > before.scale;
    if (before.intent === 'running' && more) {
      noteOvercommit(parts, publish, after.id);
    }
    if (after.name === before.name) return;
    wakeLabel(notary, publish, before.name);
    wakeLabel(notary, publish, after.name);
  });
}

function changed(before: Deployment, body: UpdateDeployment): Deployment {
  const minScale = body.minHorizontalScale ?? before.minScale;
  const maxScale = body.maxHorizontalScale ?? before.maxScale;
  const machineTypeId = body.machineType ?? before.machineTypeId;
  const { config } = before;
  return {
    ...before,
    name: body.name ?? before.name,
    regionId: body.runner ?? before.regionId,
    machineTypeId,
    deployOnPush: body.deployOnPush ?? before.deployOnPush,
    // Asking for deploy on push is how a person goes on after a revert where a client knows no better way.
    pushesPaused: body.pushesPaused ?? (before.pushesPaused && body.deployOnPush !== true),
    minScale,
    maxScale,
    scale: scaleWithin(before.scale, minScale, maxScale),
    afterConfigChange: body.afterConfigChange ?? before.afterConfigChange,
    trafficLimits: body.trafficLimits ?? before.trafficLimits,
    config: {
      ports: body.ports ?? config.ports,
      environment: body.environmentVariables ?? config.environment,
      startupProbe: probeAfter(config.startupProbe, body.startupProbe),
      livenessProbe: probeAfter(config.livenessProbe, body.livenessProbe),
      volumes: body.volumes ?? config.volumes,
      machineTypeId,
    },
  };
}

/** Limits belong to no release: what they were is told by an event. */
function noteLimits({ store, notary }: ApiParts, before: Deployment, after: Deployment): void {
  const message = limitChangeWords(before.trafficLimits, after.trafficLimits);
  if (message === undefined) return;
  const { id: deploymentId } = after;
  const at = notary.now();
  store.events.append({ deploymentId, at, kind: 'limitsChanged', message, releaseNumber: undefined });
}

/** Absent leaves it as it is; port 0 removes it. */
function probeAfter(before: Probe | undefined, change: Probe | undefined): Probe | undefined {
  if (change === undefined) return before;
  return change.port === 0 ? undefined : change;
}

/** @throws ProblemError `wrongParameters`, `resourceDoesNotExist`, `resourceAlreadyExists`. */
function check({ store }: ApiParts, after: Deployment, body: UpdateDeployment): void {
  const { identity } = store;
  const broken = breaches(
    {
      minScale: after.minScale,
      maxScale: after.maxScale,
      ports: after.config.ports,
      startupProbe: after.config.startupProbe,
      livenessProbe: after.config.livenessProbe,
    },
    {
      runner: identity
        .regions()
        .some(({ id, workspaceId }) => id === after.regionId && workspaceId === after.workspaceId),
      machineType: identity.machineTypes().some(({ id }) => id === after.machineTypeId),
      repository: true,
    },
  );
  const fields = [...broken, ...afterConfigBreaches(after.afterConfigChange, after.config.ports)];
  if (fields.length > 0) throw problem('wrongParameters', { fields });
  if (body.ports !== undefined) refuseWhileRouted(store, after.id, body.ports);
  if (body.volumes !== undefined) checkVolumes(store, after.workspaceId, body.volumes, after.id);
  if (store.deployments.nameTaken(after.workspaceId, after.name, after.id)) throw nameTaken(after.name);
}
