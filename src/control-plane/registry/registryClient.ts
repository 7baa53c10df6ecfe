import { withTimeout } from '../../base/abort.ts';
import { problem } from '../../protocol/problems.ts';
import type { Content } from '../state/contents.ts';
import type { Access, RegistryAction } from './accessToken.ts';
import type { ImageRegistry, RegistryImage, Waiting } from './imageRegistry.ts';
import {
  choosePlatform,
  imageFrom,
  manifestTypes,
  readConfig,
  readManifest,
  type Manifest,
} from './manifest.ts';

/** How long one question may take, in milliseconds. */
const patienceMs = 10_000;

export interface RegistryClientParts {
  /** Address of the registry as the control plane reaches it; undefined while it is not up. */
  readonly baseUrl: () => string | undefined;
  /** A token that allows this. */
  readonly token: (access: Access) => string;
  /** Platform of the region, such as `linux/amd64`. */
  readonly platform: () => string | undefined;
}

/** The registry's own HTTP API, as far as the control plane asks it. */
export function createRegistryClient(parts: RegistryClientParts): ImageRegistry {
  const ask = (question: Question) => askRegistry(parts, question);

  async function manifest(path: string, reference: string, waiting: Waiting): Promise<Found | undefined> {
    const response = await ask({ path, rest: `manifests/${encodeURIComponent(reference)}`, ...waiting });
    if (response.status === 404) return undefined;
    const digest = digestIn(response);
    const text = await response.text();
    return { digest, size: Buffer.byteLength(text), manifest: readManifest(parsed(text)) };
  }

  async function contents(
    path: string,
    digest: string,
    waiting: Waiting,
  ): Promise<readonly Content[] | 'absent'> {
    const found = await manifest(path, digest, waiting);
    if (found === undefined) return 'absent';
    const own: Content[] = [{ digest: found.digest, size: found.size }];
    if (found.manifest.kind === 'image') return [...own, found.manifest.config, ...found.manifest.layers];
    for (const child of found.manifest.manifests) {
      const needs = await contents(path, child.digest, waiting);
      // An index may name a platform that was never pushed.
      if (needs !== 'absent') own.push(...needs);
    }
    return own;
  }

  async function imageAt(path: string, found: Found, waiting: Waiting): Promise<RegistryImage | 'absent'> {
    if (found.manifest.kind === 'index') {
      const chosen = choosePlatform(found.manifest, parts.platform());
      const inner = chosen === undefined ? undefined : await manifest(path, chosen, waiting);
      if (inner === undefined || inner.manifest.kind === 'index') return 'absent';
      return imageAt(path, { ...found, manifest: inner.manifest }, waiting);
    }
    const { config } = found.manifest;
    const response = await ask({ path, rest: `blobs/${config.digest}`, ...waiting });
    if (response.status === 404) return 'absent';
    return imageFrom(found.digest, found.manifest, readConfig(await response.json()));
  }

  return {
    async paths(waiting = {}) {
      const paths: string[] = [];
      for (let rest: string | undefined = '_catalog?n=500'; rest !== undefined;) {
        const response = await ask({ rest, ...waiting });
        const body = (await response.json()) as { repositories?: readonly string[] | null };
        paths.push(...(body.repositories ?? []));
        rest = nextPage(response);
      }
      return paths.toSorted();
    },
    async digestOf(path, tag, waiting = {}) {
      const rest = `manifests/${encodeURIComponent(tag)}`;
      const response = await ask({ path, rest, method: 'HEAD', ...waiting });
      return response.status === 404 ? undefined : digestIn(response);
    },
    async tags(path, waiting = {}) {
      const tags: string[] = [];
      for (let rest: string | undefined = 'tags/list?n=500'; rest !== undefined;) {
        const response = await ask({ path, rest, ...waiting });
        if (response.status === 404) break;
        const body = (await response.json()) as { tags?: readonly string[] | null };
        tags.push(...(body.tags ?? []));
        rest = nextPage(response);
      }
      return tags.toSorted();
    },
    async image(path, reference, waiting = {}) {
      const found = await manifest(path, reference, waiting);
      return found === undefined ? 'absent' : imageAt(path, found, waiting);
    },
    contents: (path, digest, waiting = {}) => contents(path, digest, waiting),
    async remove(path, digest, waiting = {}) {
      const rest = `manifests/${digest}`;
      const response = await ask({ path, rest, method: 'DELETE', action: 'delete', ...waiting });
      return response.status === 404 ? 'absent' : 'removed';
    },
  };
}

interface Found {
  readonly digest: string;
  /** Bytes of the manifest itself. */
  readonly size: number;
  readonly manifest: Manifest;
}

interface Question extends Waiting {
  /** Of the repository; absent: the registry as a whole is asked. */
  readonly path?: string;
  /** What comes after that. */
  readonly rest: string;
  readonly method?: 'GET' | 'HEAD' | 'DELETE';
  readonly action?: RegistryAction;
}

/** A success or a 404; everything else @throws ProblemError `registryUnreachable`. */
async function askRegistry(parts: RegistryClientParts, question: Question): Promise<Response> {
  const base = parts.baseUrl();
  if (base === undefined) throw problem('registryUnreachable', { says: 'The registry is not up (yet).' });
  const { path, rest, action = 'pull' } = question;
  const access: Access = path === undefined ? 'catalogue' : { path, actions: [action] };
  const response = await fetch(`${base}/v2/${path === undefined ? '' : `${path}/`}${rest}`, {
    method: question.method ?? 'GET',
    headers: { accept: `${manifestTypes}, */*`, authorization: `Bearer ${parts.token(access)}` },
    signal: withTimeout(patienceMs, question.signal),
  }).catch((cause: unknown) => {
    question.signal?.throwIfAborted();
    throw problem('registryUnreachable', { cause });
  });
  if (response.ok || response.status === 404) return response;
  throw problem('registryUnreachable', { says: `The registry answered ${response.status}.` });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw problem('registryUnreachable', {
      says: 'The registry answered with something else than JSON.',
      cause,
    });
  }
}

function digestIn(response: Response): string {
  const digest = response.headers.get('docker-content-digest');
  if (digest === null) {
    throw problem('registryUnreachable', { says: 'The registry did not tell the digest of an image.' });
  }
  return digest;
}

/** `Link: </v2/<path>/tags/list?last=x&n=500>; rel="next"`, and the same for the catalogue. */
function nextPage(response: Response): string | undefined {
  const link = response.headers.get('link') ?? '';
  return /<[^>]*\/((?:tags\/list|_catalog)\?[^>]+)>;\s*rel="?next"?/.exec(link)?.[1];
}
