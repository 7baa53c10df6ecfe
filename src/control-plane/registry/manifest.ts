import * as v from 'valibot';
import { problem } from '../../protocol/problems.ts';
import type { PortType } from '../../protocol/shapes/deployment.ts';
import { digest } from '../../protocol/wire.ts';
import type { RegistryImage } from './imageRegistry.ts';

/** What to accept: without these a registry converts what it has, and the digest is another one. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A digest becomes part of the next question's path, so nothing else passes for one. */
const descriptor = v.object({ digest, size: v.number() });
const platformShape = v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) });

const indexShape = v.object({
  manifests: v.array(v.object({ ...descriptor.entries, platform: v.optional(platformShape) })),
});
const imageShape = v.object({ config: descriptor, layers: v.array(descriptor) });

/** A manifest: an image of one platform, or an index of several. */
export type Manifest =
  | ({ readonly kind: 'index' } & v.InferOutput<typeof indexShape>)
  | ({ readonly kind: 'image' } & v.InferOutput<typeof imageShape>);

const configShape = v.object({
  created: v.fallback(v.optional(v.string()), undefined),
  os: v.fallback(v.optional(v.string()), undefined),
  architecture: v.fallback(v.optional(v.string()), undefined),
  config: v.fallback(
    v.optional(v.object({ ExposedPorts: v.nullish(v.record(v.string(), v.unknown())) })),
    undefined,
  ),
});
export type ImageConfig = v.InferOutput<typeof configShape>;

/** @throws ProblemError `registryUnreachable` for what is no manifest. */
export function readManifest(json: unknown): Manifest {
  const index = v.safeParse(indexShape, json);
  if (index.success) return { kind: 'index', ...index.output };
  const image = v.safeParse(imageShape, json);
  if (image.success) return { kind: 'image', ...image.output };
  throw problem('registryUnreachable', {
    says: 'The registry answered with a manifest that cannot be read.',
  });
}

/** What an image says about itself; a configuration that says nothing readable is an empty one. */
export function readConfig(json: unknown): ImageConfig {
  const config = v.safeParse(configShape, json);
  return config.success
    ? config.output
    : { created: undefined, os: undefined, architecture: undefined, config: undefined };
}

/** Digest of the manifest for a platform such as `linux/amd64`; of the first real one when none is asked for. */
export function choosePlatform(
  index: Extract<Manifest, { kind: 'index' }>,
  platform: string | undefined,
): string | undefined {
  // Attestations stand in an index as manifests for an unknown platform.
  const real = index.manifests.filter((one) => one.platform?.os !== 'unknown');
  if (platform === undefined) return real[0]?.digest;
  const [os, architecture] = platform.split('/');
  return real.find((one) => one.platform?.os === os && one.platform?.architecture === architecture)?.digest;
}

/** Platforms that an index has images for, attestations left out. */
export function platformsOf(index: Extract<Manifest, { kind: 'index' }>): readonly string[] {
  return index.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [`${platform.os}/${platform.architecture}`],
  );
}

export function imageFrom(
  digest: string,
  manifest: Extract<Manifest, { kind: 'image' }>,
  config: ImageConfig,
): RegistryImage {
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size);
  return {
    digest,
    size,
    createdAt: createdAt(config.created),
    exposedPorts: exposedPorts(Object.keys(config.config?.ExposedPorts ?? {})),
  };
}

/** Reproducible builds write the epoch, and Go's zero time means that nobody said: neither is a date. */
function createdAt(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}

/** `8080/tcp` and `8080` read as http, `53/udp` as udp. A port of both is http. */
function exposedPorts(declared: readonly string[]): Record<string, PortType> {
  const ports: Record<string, PortType> = {};
  for (const text of declared) {
    const [port = '', protocol = 'tcp'] = text.split('/');
    if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535) continue;
    if (protocol === 'tcp') ports[port] = 'http';
    else if (protocol === 'udp') ports[port] ??= 'udp';
  }
  return ports;
}
