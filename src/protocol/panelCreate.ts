import * as v from 'valibot';
import { pricing } from './cost.ts';
import { nothing } from './panel.ts';
import { afterConfigChange } from './shapes/configMount.ts';
import {
  deploymentSettings,
  envValue,
  externalImage,
  machineType,
  mountPath,
  patrImage,
  portType,
  probe,
} from './shapes/deployment.ts';
import { createSecret } from './shapes/secret.ts';
import { trafficLimits } from './shapes/trafficLimits.ts';
import { createVolume } from './shapes/volume.ts';
import { createRepository } from './shapes/workspace.ts';
import { uuid } from './wire.ts';

/** Id of the connection that a deployment is made on; absent: the local region. */
const on = { connection: v.optional(v.string()) };

/** What the form begins with: nothing, another deployment here or elsewhere, or a Dockerfile of the workspace. */
export const createSubject = v.variant('kind', [
  v.object({ kind: v.literal('new'), ...on }),
  v.object({ kind: v.literal('duplicate'), deploymentId: uuid, name: v.string(), ...on }),
  /** `from`: id of the connection that the original is on. */
  v.object({ kind: v.literal('copy'), deploymentId: uuid, name: v.string(), from: v.string(), ...on }),
  v.object({ kind: v.literal('dockerfile'), uri: v.string(), label: v.string(), ...on }),
]);
export type CreateSubject = v.InferOutput<typeof createSubject>;

export const named = v.object({ id: uuid, name: v.string() });
export type Named = v.InferOutput<typeof named>;

/** A volume that is made together with the deployment. */
export const newVolume = v.object({ ...createVolume.entries, path: mountPath });
export type NewVolume = v.InferOutput<typeof newVolume>;

/** Where the image comes from. `build`: from the Dockerfile that the form is about; `copy`: from the deployment. */
const wishedImage = v.variant('kind', [
  v.object({ kind: v.literal('repository'), ...patrImage.entries }),
  v.object({ kind: v.literal('external'), ...externalImage.entries }),
  v.object({ kind: v.literal('build') }),
  v.object({ kind: v.literal('copy') }),
]);

/** What a filled in form says: the very shape of the API's request, and what is made along with it. */
export const createWish = v.object({
  ...deploymentSettings.entries,
  image: wishedImage,
  newVolumes: v.array(newVolume),
});
export type CreateWish = v.InferOutput<typeof createWish>;
export type CreateWishInput = v.InferInput<typeof createWish>;

/** What of a deployment is not the same in a copy of it, or not in it, or has to be seen to first; a sentence. */
export const copyNote = v.object({
  kind: v.picklist(['toDo', 'leftOut', 'changed']),
  /** The field of the deployment. */
  about: v.string(),
  words: v.string(),
});
export type CopyNote = v.InferOutput<typeof copyNote>;

/** Values that the form arrives with; what is left out is as it usually is. */
export const prefill = v.object({
  name: v.optional(v.string()),
  repositoryId: v.optional(uuid),
  registry: v.optional(v.string()),
  imageName: v.optional(v.string()),
  imageTag: v.optional(v.string()),
  runner: v.optional(uuid),
  machineType: v.optional(uuid),
  ports: v.optional(v.record(v.string(), portType), {}),
  environmentVariables: v.optional(v.record(v.string(), envValue), {}),
  configMounts: v.optional(v.record(v.string(), v.string()), {}),
  newVolumes: v.optional(v.array(v.object({ name: v.string(), size: v.number(), path: v.string() })), []),
  startupProbe: v.optional(v.object({ port: v.number(), path: v.string() })),
  livenessProbe: v.optional(probe),
  afterConfigChange: v.optional(afterConfigChange),
  trafficLimits: v.optional(trafficLimits),
  deployOnPush: v.optional(v.boolean(), true),
  deployOnCreate: v.optional(v.boolean(), true),
  minHorizontalScale: v.optional(v.number(), 1),
  maxHorizontalScale: v.optional(v.number(), 1),
  /** Variables whose secret has still to be chosen. */
  wantedSecrets: v.optional(v.array(v.string()), []),
  /** The image is copied from where the deployment has it. */
  copiesImage: v.optional(v.boolean(), false),
  notes: v.optional(v.array(copyNote), []),
});
export type Prefill = v.InferOutput<typeof prefill>;
/** Some of them. */
export type PrefillInput = Partial<Prefill>;

/** What can be chosen from, as the server has it now. */
export const choices = v.object({
  regions: v.array(v.object({ ...named.entries, pricing, message: v.optional(v.string()) })),
  machineTypes: v.array(machineType),
  /** Absent where the server has no registry. */
  repositories: v.optional(v.array(named)),
  /** Volumes that nobody mounts; absent where the server makes none. */
  volumes: v.optional(v.array(v.object({ ...named.entries, size: v.number() }))),
  /** Absent where the server keeps no secrets. */
  secrets: v.optional(v.array(named)),
  /** Names that are taken, in any case of letters. */
  takenNames: v.array(v.string()),
  /** Whether the server holds clients and instances to limits that a deployment declares. */
  trafficLimits: v.optional(v.boolean()),
});
export type Choices = v.InferOutput<typeof choices>;

/**
 * Where the form's last request is. It belongs to the host, for the page may be hidden meanwhile. A refusal is handed
 * over once; from then on it belongs to the page, which takes back what is said of a field that was changed.
 */
const submission = v.variant('kind', [
  v.object({ kind: v.literal('none') }),
  v.object({ kind: v.literal('running'), words: v.string() }),
  v.object({
    kind: v.literal('refused'),
    message: v.string(),
    fields: v.array(v.object({ field: v.string(), message: v.string() })),
  }),
]);
export type Submission = v.InferOutput<typeof submission>;

const server = v.variant('kind', [
  v.object({ kind: v.literal('ready'), choices }),
  /** Nothing to choose from now; `helps`: what is on the button that mends it, where looking again does not. */
  v.object({ kind: v.literal('away'), message: v.string(), helps: v.optional(v.string()) }),
]);
export type ServerFacts = v.InferOutput<typeof server>;

export const createContract = {
  calls: {
    /** What the form shall arrive with; asked once, before anything was typed. */
    prefill: { takes: nothing, returns: prefill },
    look: { takes: nothing, returns: v.object({ server, submission }) },
    /** Does what `helps`: starts the local region, lets one sign in again. */
    help: { takes: nothing, returns: nothing },
    /** Of a copy: saves what its original has in its volumes. */
    saveVolumeData: { takes: nothing, returns: nothing },
    createRepository: { takes: createRepository, returns: named },
    createSecret: { takes: createSecret, returns: named },
    /** Newest first. */
    listTags: { takes: v.object({ repositoryId: uuid }), returns: v.array(v.string()) },
    exposedPorts: {
      takes: v.object({ repositoryId: uuid, tag: v.string() }),
      returns: v.record(v.string(), portType),
    },
    /** Answered when the request has begun; the panel closes when the deployment is made. */
    submit: { takes: createWish, returns: nothing },
  },
  /** The server is there, is gone or has other things to choose from, or something came of the request. */
  news: v.object({ kind: v.literal('look') }),
};
export type CreateContract = typeof createContract;
