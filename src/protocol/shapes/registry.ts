import * as v from 'valibot';
import { imageTag, timestamp, uuid } from '../wire.ts';
import { externalImage, patrRegistry, portType } from './deployment.ts';

/** Docker Hub under the name that image references have for it. */
export const hub = 'docker.io';
const hubNames: ReadonlySet<string> = new Set([
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
  'hub.docker.com',
]);

/** One name for each registry: what people write for Docker Hub is many. */
export function canonicalRegistry(host: string): string {
  const name = host.trim().toLowerCase();
  return hubNames.has(name) ? hub : name;
}

const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

/** Host, and port where there is one: no scheme, no path. */
export const registryHost = v.pipe(
  v.string(),
  v.transform(canonicalRegistry),
  v.maxLength(255, 'must have at most 255 characters'),
  v.regex(hostPattern, 'must be the host of a registry, such as ghcr.io or registry.example.com:5000'),
  v.check((host) => host !== patrRegistry, 'is the own registry, which needs no credentials'),
);

const username = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'must not be empty'),
  v.maxLength(255, 'must have at most 255 characters'),
  // What separates it from the password on the wire.
  v.check((text) => !text.includes(':'), 'must not contain a colon'),
);
/** A password or an access token. No message repeats it. */
const password = v.pipe(
  v.string('must be a text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(16_384, 'must have at most 16384 characters'),
);

export const saveRegistry = v.object({ registry: registryHost, username, password });

/** Credentials of a registry without the password, which is never answered. */
export const registryCredentials = v.object({
  id: uuid,
  registry: v.string(),
  username: v.string(),
  updated: timestamp,
});

/** Which image to look for. Without credentials those are used that are kept for the registry, if any are. */
export const checkImage = v.object({
  registry: registryHost,
  imageName: externalImage.entries.imageName,
  imageTag,
  credentials: v.optional(v.object({ username, password })),
});

export const imageFaults = ['notFound', 'denied', 'unreachable', 'otherPlatform'] as const;
export type ImageFault = (typeof imageFaults)[number];

/** What a registry says of an image. `message`: the whole of it in words, and what to do next. */
export const imageCheck = v.union([
  v.object({
    outcome: v.literal('found'),
    digest: v.string(),
    /** Bytes in the registry, for the region's platform. */
    size: v.number(),
    ports: v.record(v.string(), v.fallback(portType, 'http')),
  }),
  v.object({
    outcome: v.fallback(v.union([v.picklist(imageFaults), v.literal('unknown')]), 'unknown'),
    message: v.string(),
  }),
]);
export type ImageCheck = v.InferOutput<typeof imageCheck>;
