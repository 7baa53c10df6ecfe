import type { ImageRecord } from '../engine.ts';
import { labels, number, present, record, text, texts } from './facts.ts';
import { parsePortKey } from './ports.ts';

/** `GET /images/{name}/json`. */
export function imageOfInspection(value: unknown): ImageRecord | undefined {
  const raw = record(value);
  const id = text(raw['Id']);
  if (id === undefined) return undefined;
  const config = record(raw['Config']);
  return present({
    id,
    ...names(raw),
    labels: labels(config['Labels']),
    platform: platformOf(raw),
    sizeBytes: number(raw['Size']),
    exposedPorts: Object.keys(record(config['ExposedPorts'])).flatMap((key) => parsePortKey(key) ?? []),
    layers: texts(record(raw['RootFS'])['Layers']),
  });
}

/** One element of `GET /images/json`, which knows neither platform, ports nor layers. */
export function imageOfList(value: unknown): ImageRecord | undefined {
  const raw = record(value);
  const id = text(raw['Id']);
  if (id === undefined) return undefined;
  const sizeBytes = number(raw['Size']);
  return present({
    id,
    ...names(raw),
    labels: labels(raw['Labels']),
    sizeBytes,
    exposedPorts: [],
    layers: [],
  });
}

/** Untagged images say `<none>:<none>` in lists of older engines. */
function names(raw: Readonly<Record<string, unknown>>): { tags: string[]; repoDigests: string[] } {
  const named = (value: unknown): string[] => texts(value).filter((name) => !name.includes('<none>'));
  return { tags: named(raw['RepoTags']), repoDigests: named(raw['RepoDigests']) };
}

function platformOf(raw: Readonly<Record<string, unknown>>): string | undefined {
  const os = text(raw['Os']);
  const architecture = text(raw['Architecture']);
  if (os === undefined || architecture === undefined) return undefined;
  const variant = text(raw['Variant']);
  // arm64 is always v8: registries and people say `linux/arm64`.
  const tail = variant === undefined || (architecture === 'arm64' && variant === 'v8') ? '' : `/${variant}`;
  return `${os}/${architecture}${tail}`;
}
