import type { Generation } from '../client/generations/dialect.ts';
import { isLoopback } from '../client/registry/registryPlace.ts';
import type { Choices, CopyNote, PrefillInput } from '../protocol/panelCreate.ts';
import type { DeploymentInfo, EnvValue, MachineType, Probe } from '../protocol/shapes/deployment.ts';
import { declaresLimits } from '../protocol/shapes/trafficLimits.ts';
import { freeName } from './freeName.ts';

/** A server, as far as it matters for what can be had on it. */
export interface CopyEnd {
  /** For people: `Local`, or the name of a workspace. */
  readonly label: string;
  readonly generation: Generation;
  /** Whether its instances run on the machine of the editor's engine, so that loopback is the same there. */
  readonly isLocal: boolean;
  readonly hasRegistry: boolean;
}

/** A deployment and what hangs on it, where it is. */
export interface CopyOrigin extends CopyEnd {
  readonly deployment: DeploymentInfo;
  /** Name of its region; undefined: not known any more. */
  readonly region: string | undefined;
  readonly machineType: MachineType | undefined;
  /** Names of secrets by their ids, as far as they are told. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Its volumes by id. `size` in GB; undefined where nobody tells. */
  readonly volumes: ReadonlyMap<string, { readonly name: string; readonly size: number | undefined }>;
  /** Addresses of the managed URLs that lead to it. */
  readonly managedUrls: readonly string[];
  /** Registries that are signed in to there. */
  readonly registries: readonly string[];
}

/** The workspace that it shall be copied to, and what it offers. */
export interface CopyDestination extends CopyEnd {
  readonly hasVolumes: boolean;
  readonly hasManagedUrls: boolean;
  readonly choices: Choices;
}

/** How the image gets there. */
export type CopiedImage =
  /** Every server pulls it from where it is. */
  | { readonly kind: 'named' }
  /** From one registry to the other one's. */
  | { readonly kind: 'copied' }
  /** It is in a registry that the destination cannot pull from and has none of its own for. */
  | { readonly kind: 'none' };

/** What will be made, as the form arrives with it, with what of the original is not the same or not in it. */
export interface CopyPlan {
  readonly prefill: PrefillInput;
  readonly image: CopiedImage;
}

/** What is done about one field. */
interface Carried {
  readonly prefill?: PrefillInput;
  readonly notes?: readonly CopyNote[];
}

type KeysOf<T> = T extends unknown ? keyof T : never;
/** Everything that a server tells of a deployment. */
export type DeploymentField = KeysOf<DeploymentInfo>;

/**
 * Plans a copy. Nothing is lost without a word: what a field says is either in what the form arrives with or in a note
 * about that field, and there is an entry for every field that a deployment can have.
 */
export function planCopy(from: CopyOrigin, to: CopyDestination): CopyPlan {
  const all = Object.values(carriers).map((carry) => carry(from, to));
  const notes = [...all, managedUrlsOf(from, to), behindOf(from)].flatMap(notesOf);
  const image = imageOf(from, to);
  return {
    prefill: {
      ...Object.assign({}, ...all.map(({ prefill }) => prefill)),
      copiesImage: image.kind === 'copied',
      notes,
    },
    image,
  };
}

/** What is true of the original alone, and begins anew with every deployment. */
const ofTheOriginal = (): Carried => ({});

const carriers: {
  readonly [K in DeploymentField]: (from: CopyOrigin, to: CopyDestination) => Carried;
} = {
  id: ofTheOriginal,
  statusWord: ofTheOriginal,
  reason: ofTheOriginal,
  instances: ofTheOriginal,
  liveRelease: ofTheOriginal,
  rollingRelease: ofTheOriginal,
  revision: ofTheOriginal,
  certificate: ofTheOriginal,
  name: nameCarried,
  registry: imageCarried,
  repositoryId: ofTheOriginal,
  imageName: ofTheOriginal,
  imageTag: tagCarried,
  currentLiveDigest: ofTheOriginal,
  newerImage: ({ deployment: { newerImage, imageTag } }, to) =>
    newerImage === undefined
      ? {}
      : changed(
          'newerImage',
          `The image that runs is copied to ${to.label}, and not the newer one under the tag ${imageTag}.`,
        ),
  runner: regionCarried,
  machineType: machineCarried,
  status: statusCarried,
  addresses: ({ deployment: { addresses = [] } }, to) => {
    const urls = addresses.flatMap(({ url }) => url ?? []);
    if (urls.length === 0) return {};
    return changed(
      'addresses',
      `It has other addresses at ${to.label}: ${listed(urls)} still lead${urls.length === 1 ? 's' : ''} to the original.`,
    );
  },
  ports: portsCarried,
  environmentVariables: environmentCarried,
  startupProbe: (from, to) => probeCarried('startupProbe', from, to),
  livenessProbe: (from, to) => probeCarried('livenessProbe', from, to),
  configMounts: ({ deployment: { configMounts } }) => ({ prefill: { configMounts } }),
  afterConfigChange: afterCarried,
  trafficLimits: limitsCarried,
  volumes: volumesCarried,
  minHorizontalScale: ({ deployment: { minHorizontalScale } }) => ({ prefill: { minHorizontalScale } }),
  maxHorizontalScale: ({ deployment: { maxHorizontalScale } }) => ({ prefill: { maxHorizontalScale } }),
  deployOnPush: pushCarried,
  pushesPaused: ({ deployment: { pushesPaused } }, to) =>
    pushesPaused === true
      ? leftOut('pushesPaused', `Pushes wait here since a revert. At ${to.label} they are rolled out.`)
      : {},
};

/** The legacy Patr's names have 64 characters at most; some are left for a number that makes one free. */
const longestLegacyName = 60;

function nameCarried(
  { deployment: { name } }: CopyOrigin,
  { label, generation, choices }: CopyDestination,
): Carried {
  const fitting = generation === 'legacy' ? name.slice(0, longestLegacyName).trim() : name;
  const free = freeName(fitting, choices.takenNames);
  const why =
    name.toLowerCase() === free.toLowerCase()
      ? undefined
      : `It is called ${free} at ${label}: ${name} is taken there, or too long.`;
  return { prefill: { name: free }, ...(why === undefined ? {} : changed('name', why)) };
}

function imageOf(from: CopyOrigin, to: CopyDestination): CopiedImage {
  const { deployment } = from;
  if ('imageName' in deployment && !(isLoopback(deployment.registry) && !sameMachine(from, to)))
    return { kind: 'named' };
  if (!to.hasRegistry || ('repositoryId' in deployment && !from.hasRegistry)) return { kind: 'none' };
  return { kind: 'copied' };
}

function sameMachine(from: CopyEnd, to: CopyEnd): boolean {
  return from.isLocal && to.isLocal;
}

function imageCarried(from: CopyOrigin, to: CopyDestination): Carried {
  const { deployment, registries } = from;
  const image = imageOf(from, to);
  switch (image.kind) {
    case 'copied':
      return changed(
        'registry',
        `Its image is copied into the registry of ${to.label} when the copy is created.`,
      );
    case 'none':
      return toDo(
        'registry',
        `${to.label} has no registry that the image could be copied into. Choose an image of a registry that everybody reaches.`,
      );
    case 'named': {
      if (!('imageName' in deployment)) return {};
      const { registry, imageName } = deployment;
      const prefill = { registry, imageName };
      if (!registries.includes(registry)) return { prefill };
      const where = `${from.label} signs in to ${registry}, and ${to.label} does not know the password.`;
      const next =
        to.generation === 'own'
          ? 'Sign in there with "Deploy an Image…" if the image is not public.'
          : 'The image has to be public there.';
      return { prefill, ...toDo('registry', `${where} ${next}`) };
    }
  }
}

/** Patr keeps tags in lower case, and an image is looked for by what is kept. */
function tagCarried({ deployment: { imageTag } }: CopyOrigin, { label }: CopyDestination): Carried {
  const tag = imageTag.toLowerCase();
  if (tag === imageTag) return { prefill: { imageTag } };
  return {
    prefill: { imageTag: tag },
    ...changed('imageTag', `Its tag is ${tag} at ${label}, which keeps tags in lower case.`),
  };
}

function regionCarried(
  { deployment, region, label: here }: CopyOrigin,
  { label, choices }: CopyDestination,
): Carried {
  const same = choices.regions.find(({ id }) => id === deployment.runner);
  const chosen = same ?? choices.regions.find(({ message }) => message === undefined) ?? choices.regions[0];
  if (chosen === undefined) return toDo('runner', `${label} has no region yet that it could run in.`);
  const prefill = { runner: chosen.id };
  if (chosen === same) return { prefill };
  return {
    prefill,
    ...changed(
      'runner',
      `It runs in the region ${chosen.name} of ${label}, in place of ${region ?? 'one'} of ${here}.`,
    ),
  };
}

function machineCarried({ machineType: now }: CopyOrigin, { label, choices }: CopyDestination): Carried {
  const nearest = nearestMachine(now, choices.machineTypes);
  if (nearest === undefined) return toDo('machineType', `${label} offers no machine type yet.`);
  const prefill = { machineType: nearest.id };
  if (now !== undefined && sameSize(now, nearest)) return { prefill };
  const before = now === undefined ? 'not known' : machineWords(now);
  return {
    prefill,
    ...changed(
      'machineType',
      `Each instance has ${machineWords(nearest)} at ${label} (${before} here): the nearest that there is.`,
    ),
  };
}

/** The smallest that has at least as much of everything; where none has, the largest. */
export function nearestMachine(
  now: MachineType | undefined,
  offered: readonly MachineType[],
): MachineType | undefined {
  const sorted = offered.toSorted((a, b) => a.memory_count - b.memory_count || a.cpu_count - b.cpu_count);
  if (now === undefined) return sorted[0];
  const enough = sorted.find((one) => one.cpu_count >= now.cpu_count && one.memory_count >= now.memory_count);
  return sorted.find((one) => sameSize(one, now)) ?? enough ?? sorted.at(-1);
}

function sameSize(a: MachineType, b: MachineType): boolean {
  return a.cpu_count === b.cpu_count && a.memory_count === b.memory_count;
}

/** Memory is counted in quarters of a gigabyte. */
function machineWords({ cpu_count: cpus, memory_count: memory }: MachineType): string {
  return `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'} and ${memory / 4} GB`;
}

function statusCarried(
  { deployment: { status } }: CopyOrigin,
  { label, generation }: CopyDestination,
): Carried {
  if (status !== 'stopped' && status !== 'created') return { prefill: { deployOnCreate: true } };
  if (generation === 'rewrite')
    return {
      prefill: { deployOnCreate: false },
      ...changed('status', `${label} may start it at once, though it does not run here.`),
    };
  return {
    prefill: { deployOnCreate: false },
    ...changed('status', `It does not run here, so it is made at ${label} and not started.`),
  };
}

function portsCarried(
  { deployment: { ports } }: CopyOrigin,
  { label, generation }: CopyDestination,
): Carried {
  const all = Object.entries(ports);
  // The storage of the rewrite knows no other type.
  const kept = all.filter(([, type]) => generation !== 'rewrite' || type === 'http');
  const gone = all.filter((port) => !kept.includes(port)).map(([port, type]) => `${port}/${type}`);
  const notes = [
    ...(gone.length === 0
      ? []
      : notesOf(
          leftOut(
            'ports',
            `${label} knows ports for HTTP alone: ${listed(gone)} ${gone.length === 1 ? 'is' : 'are'} left out.`,
          ),
        )),
    ...(kept.length === 0 && generation === 'legacy'
      ? notesOf(toDo('ports', `${label} wants at least one port. Add one.`))
      : []),
  ];
  return { prefill: { ports: Object.fromEntries(kept) }, notes };
}

/** Patr checks only ports that take HTTP, and wants a probe to be of one of them. */
function probeCarried(
  field: 'startupProbe' | 'livenessProbe',
  from: CopyOrigin,
  to: CopyDestination,
): Carried {
  const probe: Probe | null | undefined = from.deployment[field];
  if (probe === null || probe === undefined) return {};
  const possible = to.generation === 'own' || from.deployment.ports[String(probe.port)] === 'http';
  if (possible) return { prefill: { [field]: probe } };
  const name = field === 'startupProbe' ? 'startup' : 'liveness';
  return leftOut(
    field,
    `The ${name} probe of port ${probe.port} is left out: at ${to.label} a probe is of an HTTP port of the deployment.`,
  );
}

/** Values that are written out are the same; a secret is another one of the same name, or has still to be chosen. */
function environmentCarried(from: CopyOrigin, to: CopyDestination): Carried {
  const variables: Record<string, EnvValue> = {};
  const wantedSecrets: string[] = [];
  const notes: CopyNote[] = [];
  const note = (carried: Carried): void => void notes.push(...notesOf(carried));
  for (const [name, value] of Object.entries(from.deployment.environmentVariables)) {
    if (typeof value === 'string') {
      variables[name] = value;
      continue;
    }
    const known = from.secrets.get(value.fromSecret);
    const called = known === undefined ? 'a secret that is not known any more' : `the secret ${known}`;
    const { secrets } = to.choices;
    const same = secrets?.find((one) => one.name === known);
    const field = 'environmentVariables';
    if (same !== undefined) {
      variables[name] = { fromSecret: same.id };
      note(
        changed(
          field,
          `${name} gets the value of ${to.label}’s own secret ${same.name}: it has the same name, and may have another value.`,
        ),
      );
    } else if (secrets === undefined) {
      note(
        leftOut(field, `${name} is left out: its value is ${called} here, and ${to.label} keeps no secrets.`),
      );
    } else {
      wantedSecrets.push(name);
      note(
        toDo(
          field,
          `${name} has its value from ${called} here, which is never read. Choose a secret of ${to.label}, or type the value and make one.`,
        ),
      );
    }
  }
  return { prefill: { environmentVariables: variables, wantedSecrets }, notes };
}

function limitsCarried(
  { deployment: { trafficLimits } }: CopyOrigin,
  { choices, label }: CopyDestination,
): Carried {
  if (trafficLimits === undefined || !declaresLimits(trafficLimits)) return {};
  if (choices.trafficLimits === true) return { prefill: { trafficLimits } };
  return leftOut('trafficLimits', `${label} has no traffic limits of a deployment's own.`);
}

function afterCarried(
  { deployment: { afterConfigChange } }: CopyOrigin,
  { label, generation }: CopyDestination,
): Carried {
  if (afterConfigChange === undefined || afterConfigChange.kind === 'nothing') return {};
  if (generation === 'own') return { prefill: { afterConfigChange } };
  return leftOut(
    'afterConfigChange',
    `What happens in instances after their config mounts have changed is left out: ${label} rolls out new ones.`,
  );
}

/** Volumes are made anew: no two deployments share data, and servers share none. */
function volumesCarried(
  { deployment, volumes: known, label: here }: CopyOrigin,
  { label, hasVolumes }: CopyDestination,
): Carried {
  const mounted = Object.entries(deployment.volumes).map(([id, path]) => ({
    path,
    name: id,
    size: undefined,
    ...known.get(id),
  }));
  if (mounted.length === 0) return {};
  const names = listed(mounted.map(({ name, path }) => `${name} at ${path}`));
  if (!hasVolumes)
    return leftOut(
      'volumes',
      `${label} makes no volumes for itself: ${names} ${mounted.length === 1 ? 'is' : 'are'} left out, and what is written there is lost with its instance.`,
    );
  const sizes = mounted.filter(({ size }) => size === undefined).map(({ name }) => name);
  const unknown =
    sizes.length === 0 ? '' : ` ${here} does not tell the size of ${listed(sizes)}: 1 GB is suggested.`;
  const newVolumes = mounted.map(({ name, size = 1, path }) => ({ name: name.padEnd(4, '-'), size, path }));
  const carried = leftOut(
    'volumes',
    `The data in its volumes is not copied: ${names} begin${mounted.length === 1 ? 's' : ''} empty at ${label}.${unknown}`,
  );
  return { prefill: { newVolumes }, ...carried };
}

function pushCarried(
  { deployment: { deployOnPush } }: CopyOrigin,
  { label, hasRegistry }: CopyDestination,
): Carried {
  if (!deployOnPush || hasRegistry) return { prefill: { deployOnPush } };
  return {
    prefill: { deployOnPush: false },
    ...leftOut('deployOnPush', `Deploy on push is off at ${label}, which has no registry to push to.`),
  };
}

function managedUrlsOf({ managedUrls }: CopyOrigin, { label, hasManagedUrls }: CopyDestination): Carried {
  if (managedUrls.length === 0) return {};
  const next = hasManagedUrls ? `Add them at ${label} when they shall lead there.` : `${label} has none.`;
  return leftOut(
    'managedUrls',
    `Its managed URLs (${listed(managedUrls)}) go on leading to the original. ${next}`,
  );
}

function behindOf({ label }: CopyOrigin): Carried {
  return leftOut(
    'history',
    `Its versions, logs, metrics and events stay with the original at ${label}, which goes on as it is.`,
  );
}

const noteOf =
  (kind: CopyNote['kind']) =>
  (about: string, words: string): Carried => ({ notes: [{ kind, about, words }] });
const changed = noteOf('changed');
const leftOut = noteOf('leftOut');
const toDo = noteOf('toDo');
const notesOf = ({ notes = [] }: Carried): readonly CopyNote[] => notes;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed);
  const more = names.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

/** So many names fit into a sentence. */
const mostListed = 5;
