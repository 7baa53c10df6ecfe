import * as v from 'valibot';
import { nothing } from './panel.ts';
import { logCalls, logNews } from './panelLogs.ts';
import { choices, named, newVolume } from './panelCreate.ts';
import { deploymentInfo, updateDeployment } from './shapes/deployment.ts';
import { event, instance, release, usage } from './shapes/release.ts';
import { managedUrl } from './shapes/managedUrl.ts';
import { metrics } from './shapes/metrics.ts';
import { createSecret } from './shapes/secret.ts';
import { volumeData } from './shapes/volume.ts';
import { timestamp, uuid } from './wire.ts';

/**
 * The deployment that a panel is about. Its name is what the panel is called until it has been read. `connection`: id of
 * the one that it is on; absent: the local region.
 */
export const manageSubject = v.object({
  deploymentId: uuid,
  name: v.string(),
  connection: v.optional(v.string()),
});
export type ManageSubject = v.InferOutput<typeof manageSubject>;

const shownInstance = v.object({
  ...instance.entries,
  /** Its state, as a person says it. */
  words: v.string(),
});
export type ShownInstance = v.InferOutput<typeof shownInstance>;

const shownRelease = v.object({
  ...release.entries,
  /** Its state and what made it, as a person says it. */
  words: v.string(),
  causeWords: v.string(),
  canRevert: v.boolean(),
  canCompare: v.boolean(),
});
export type ShownRelease = v.InferOutput<typeof shownRelease>;

const shownImage = v.object({
  digest: v.string(),
  /** When it was deployed first. */
  created: timestamp,
  /** The tags that mean it now, as a person says it; empty where none does, or the server does not tell. */
  tagWords: v.string(),
  live: v.boolean(),
  canRevert: v.boolean(),
});
export type ShownImage = v.InferOutput<typeof shownImage>;

/** What a server knows of its history that keeps no releases. */
const imageHistory = v.object({
  /** Newest first. */
  images: v.array(shownImage),
  /** Why there is none, as a person says it. */
  noneWords: v.string(),
  /** Whether the server goes back to one of them. */
  reverts: v.boolean(),
});
export type ImageHistory = v.InferOutput<typeof imageHistory>;

/** What can be done with a release. */
export const releaseVerbs = ['revert', 'compare'] as const;
export type ReleaseVerb = (typeof releaseVerbs)[number];

/** What can be done with a managed URL. */
export const urlVerbs = ['open', 'copy', 'edit', 'verify', 'copyRecord', 'delete'] as const;
export type UrlVerb = (typeof urlVerbs)[number];

const shownUrl = v.intersect([
  managedUrl,
  v.object({
    /** Host and path, where it leads, and its state, as a person says them. */
    label: v.string(),
    leadsTo: v.string(),
    words: v.string(),
    verbs: v.array(v.picklist(urlVerbs)),
  }),
]);
export type ShownUrl = v.InferOutput<typeof shownUrl>;

/** What can be done with a config mount. */
export const mountVerbs = ['open', 'history', 'rename', 'stopFollowing', 'delete'] as const;
export type MountVerb = (typeof mountVerbs)[number];

const shownMount = v.object({
  name: v.string(),
  /** Its size, and who changed it when, as a person says it. */
  words: v.string(),
  /** The file of the workspace whose saves it gets. */
  follows: v.optional(v.string()),
  /** A save of it is kept until the server answers. */
  kept: v.optional(v.literal(true)),
  verbs: v.array(v.picklist(mountVerbs)),
});
export type ShownMount = v.InferOutput<typeof shownMount>;

/** What can be done with a deployment from its panel, each by the command of the same name. */
export const verbs = [
  'open',
  'push',
  'start',
  'stop',
  'restart',
  'logs',
  'rollOut',
  'resumePushes',
  'addUrl',
  'uploadMounts',
  'writeMount',
  'delete',
] as const;
export type Verb = (typeof verbs)[number];

/** How a deployment is now, read together. Lists that a server does not keep are absent. */
const there = v.object({
  kind: v.literal('there'),
  /** How far the server's clock is ahead of this machine's, in milliseconds. */
  aheadMs: v.number(),
  deployment: deploymentInfo,
  /** Its status and what goes with it, as a person says it: "running", "2/3 ready · v14". */
  words: v.string(),
  description: v.string(),
  /** Path of its image in the registry, without the tag. */
  image: v.string(),
  region: v.optional(v.string()),
  verbs: v.array(v.picklist(verbs)),
  /** What would mend it, where that is known. */
  fix: v.optional(v.string()),
  instances: v.optional(v.array(shownInstance)),
  /** Newest first. */
  releases: v.optional(v.array(shownRelease)),
  /** In place of releases, where the server keeps the images alone. */
  imageHistory: v.optional(imageHistory),
  events: v.optional(v.array(event)),
  /** Managed URLs that lead to it. */
  urls: v.optional(v.array(shownUrl)),
  mounts: v.array(shownMount),
  /** Whether a change of config mounts reaches instances that run; otherwise it is rolled out. */
  liveMounts: v.boolean(),
});
export type Managed = v.InferOutput<typeof there>;

/** What is saved: one update, and the volumes that are made for it, each mounted at its path. */
export const wishedChange = v.object({
  update: updateDeployment,
  newVolumes: v.array(newVolume),
});
export type WishedChange = v.InferOutput<typeof wishedChange>;
export type WishedChangeInput = v.InferInput<typeof wishedChange>;

const facts = v.variant('kind', [
  there,
  /** It was deleted. */
  v.object({ kind: v.literal('gone') }),
  /** There is nobody to ask now; `helps`: what is on the button that mends it, where looking again does not. */
  v.object({ kind: v.literal('away'), message: v.string(), helps: v.optional(v.string()) }),
]);
export type ManageFacts = v.InferOutput<typeof facts>;

export const manageContract = {
  calls: {
    look: { takes: nothing, returns: facts },
    /** What instances use now, by their id; nothing where the server does not tell. */
    usage: { takes: nothing, returns: v.record(v.string(), usage) },
    /** What was measured in the last seconds; nothing where the server has no metrics. */
    metrics: { takes: v.object({ seconds: v.number() }), returns: v.nullable(metrics) },
    /** What fields offer to choose from; other deployments' names and volumes only. */
    choices: { takes: nothing, returns: choices },
    createSecret: { takes: createSecret, returns: named },
    /** What instances have in their volumes; nothing where the server does not tell. */
    volumeData: { takes: nothing, returns: v.array(volumeData) },
    /** Saves the data of instances from this one on. Answered when it is saved, or given up. */
    archiveVolumes: { takes: v.object({ from: v.number() }), returns: nothing },
    save: { takes: wishedChange, returns: nothing },
    /** Answered when it is done; what goes wrong is told where commands tell it. */
    run: { takes: v.object({ verb: v.picklist(verbs) }), returns: nothing },
    /** The same, for one of its releases. */
    runOnRelease: {
      takes: v.object({ verb: v.picklist(releaseVerbs), number: v.number() }),
      returns: nothing,
    },
    revertToImage: { takes: v.object({ digest: v.string() }), returns: nothing },
    runOnMount: {
      takes: v.object({ verb: v.picklist(mountVerbs), name: v.string() }),
      returns: nothing,
    },
    runOnUrl: { takes: v.object({ verb: v.picklist(urlVerbs), id: uuid }), returns: nothing },
    fix: { takes: nothing, returns: nothing },
    /** Does what `helps`: starts the local region, lets one sign in again. */
    help: { takes: nothing, returns: nothing },
    /** One of the deployment's own addresses, in the browser. */
    openAddress: { takes: v.object({ url: v.string() }), returns: nothing },
    copy: { takes: v.object({ text: v.string() }), returns: nothing },
    close: { takes: nothing, returns: nothing },
    ...logCalls,
  },
  news: v.variant('kind', [
    /** Something about the deployment, or the way to its server, has changed. */
    v.object({ kind: v.literal('look') }),
    ...logNews,
  ]),
};
export type ManageContract = typeof manageContract;
