import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { isAbort, withTimeout } from '../../base/abort.ts';
import { boundedText } from '../../base/boundedText.ts';
import { parseChallenge } from '../../base/challenge.ts';
import { describeError } from '../../base/log.ts';
import { decode } from '../../protocol/decode.ts';
import { isProblem } from '../../protocol/problems.ts';
import { canonicalRegistry, hub, type ImageCheck, type ImageFault } from '../../protocol/shapes/registry.ts';
import { repositoryName } from '../../protocol/wire.ts';
import type { RegistryLogin } from '../domain.ts';
import {
  choosePlatform,
  imageFrom,
  manifestTypes,
  platformsOf,
  readConfig,
  readManifest,
} from './manifest.ts';

/** How long one question may take, in milliseconds, and how long an answer may be, in bytes: registries refuse larger manifests. */
const patienceMs = 10_000;
const largestAnswer = 4 * 1024 * 1024;

export interface ExternalImage {
  readonly registry: string;
  readonly imageName: string;
  readonly imageTag: string;
}

/** Registries that are not ours, by Docker's token protocol. */
export interface ExternalRegistry {
  /** Whether an image is there for the region, in the registry's own words. @throws only when it is cancelled. */
  check(
    image: ExternalImage,
    login: RegistryLogin | undefined,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ImageCheck>;
}

export interface ExternalRegistryParts {
  readonly fetch: typeof fetch;
  /** Platform of the region, such as `linux/amd64`. */
  readonly platform: () => string | undefined;
}

export function createExternalRegistry(parts: ExternalRegistryParts): ExternalRegistry {
  return {
    async check(image, login, { signal } = {}) {
      // Such a name would be a path out of the registry's API.
      if (!decode(repositoryName, image.imageName).ok) return noImage(image);
      try {
        return await look(new Session(parts.fetch, image, login, signal), image, parts.platform());
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof Refusal) return { outcome: error.fault, message: error.message };
        if (isProblem(error, 'registryUnreachable')) return unreadable(image, error.message);
        throw error;
      }
    },
  };
}

/** The registry's answer is that it cannot be had. */
class Refusal extends Error {
  readonly fault: ImageFault;

  constructor(fault: ImageFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

async function look(
  session: Session,
  image: ExternalImage,
  platform: string | undefined,
): Promise<ImageCheck> {
  const top = await session.text(`manifests/${encodeURIComponent(image.imageTag)}`);
  const digest = `sha256:${createHash('sha256').update(top).digest('hex')}`;
  const manifest = readManifest(parsed(top));
  const inner = manifest.kind === 'image' ? manifest : await chosen(session, image, manifest, platform);
  const config = readConfig(parsed(await session.text(`blobs/${inner.config.digest}`)));
  const made = config.os === undefined ? undefined : `${config.os}/${config.architecture ?? ''}`;
  if (platform !== undefined && made !== undefined && !isFor(platform, made)) {
    throw otherPlatform(image, [made], platform);
  }
  const { size, exposedPorts } = imageFrom(digest, inner, config);
  return { outcome: 'found', digest, size, ports: { ...exposedPorts } };
}

/** `linux/arm64/v8` is for `linux/arm64`, and nothing is for `linux/arm` but itself. */
function isFor(platform: string, made: string): boolean {
  return platform.split('/').slice(0, 2).join('/') === made;
}

/** The manifest of an index that is for the region. */
async function chosen(
  session: Session,
  image: ExternalImage,
  index: Extract<ReturnType<typeof readManifest>, { kind: 'index' }>,
  platform: string | undefined,
) {
  const digest = choosePlatform(index, platform);
  if (digest === undefined) throw otherPlatform(image, platformsOf(index), platform ?? '');
  const manifest = readManifest(parsed(await session.text(`manifests/${digest}`)));
  if (manifest.kind === 'image') return manifest;
  throw new Refusal('unreachable', `${nameOf(image)} is an index of indexes, which no engine runs.`);
}

/** One image's questions: a registry that asks for a token is asked with it from then on. */
class Session {
  readonly #fetch: typeof fetch;
  readonly #image: ExternalImage;
  readonly #login: RegistryLogin | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #base: string;
  readonly #path: string;
  #authorization: string | undefined;

  constructor(
    fetcher: typeof fetch,
    image: ExternalImage,
    login: RegistryLogin | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#fetch = fetcher;
    this.#image = image;
    this.#login = login;
    this.#signal = signal;
    this.#base = addressOf(image.registry);
    this.#path = pathOf(image);
  }

  /** @throws Refusal for every answer that is not the thing itself. */
  async text(rest: string): Promise<string> {
    const url = `${this.#base}/v2/${this.#path}/${rest}`;
    let response = await this.#ask(url, this.#authorization);
    if (response.status === 401 && this.#authorization === undefined) {
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate'));
      response = await this.#ask(url, this.#authorization);
    }
    if (response.ok) return this.#bounded(response);
    throw this.#refused(response.status);
  }

  async #authorize(header: string | null): Promise<string> {
    const challenge = parseChallenge(header);
    const basic = this.#login === undefined ? undefined : basicOf(this.#login);
    if (challenge === undefined || (challenge.kind === 'basic' && basic === undefined))
      throw this.#refused(401);
    if (challenge.kind === 'basic') return basic ?? '';
    const url = this.#tokenUrl(challenge);
    const response = await this.#ask(url, basic);
    if (!response.ok) throw this.#refused(response.status === 404 ? 401 : response.status);
    const answer = parsed(await this.#bounded(response)) as { token?: unknown; access_token?: unknown };
    const token = answer?.token ?? answer?.access_token;
    if (typeof token === 'string') return `Bearer ${token}`;
    throw new Refusal('unreachable', `${this.#image.registry} gave out no token. Check its address.`);
  }

  /** Where a registry is asked over TLS, credentials go nowhere without it. */
  #tokenUrl({ realm, service }: { readonly realm: string; readonly service: string | undefined }): string {
    const url = URL.parse(realm);
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && this.#base.startsWith('http:'));
    if (url === null || !safe) {
      const message = `${this.#image.registry} sends to ${realm} for a token, which is no safe address. Nothing was sent there.`;
      throw new Refusal('unreachable', message);
    }
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', `repository:${this.#path}:pull`);
    return url.href;
  }

  async #ask(url: string, authorization: string | undefined): Promise<Response> {
    try {
      return await this.#fetch(url, {
        headers: {
          accept: `${manifestTypes}, */*`,
          'user-agent': 'patr-control-plane',
          ...(authorization === undefined ? {} : { authorization }),
        },
        signal: withTimeout(patienceMs, this.#signal),
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #bounded(response: Response): Promise<string> {
    const text = await boundedText(response.body, largestAnswer).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    if (text !== undefined) return text;
    const message = `${this.#image.registry} answers with more than a manifest can be (${largestAnswer} bytes).`;
    throw new Refusal('unreachable', message);
  }

  #unreachable(error: unknown): Refusal {
    const why = isAbort(error) ? `no answer within ${patienceMs / 1000} s` : describeError(error);
    const message = `${this.#image.registry} cannot be reached: ${why}. Check its name and the network, and try again.`;
    return new Refusal('unreachable', message);
  }

  #refused(status: number): Refusal {
    const { registry } = this.#image;
    const name = nameOf(this.#image);
    if (status === 404) {
      return new Refusal('notFound', `${registry} has no image ${name}. Check its name and its tag.`);
    }
    if (status === 401 || status === 403) {
      const message =
        this.#login === undefined
          ? `${registry} does not give out ${name} to everybody: it is private, or it does not exist. Sign in, or check its name.`
          : `${registry} does not give out ${name} to ${this.#login.username}: the password is wrong, the user may not, or it does not exist.`;
      return new Refusal('denied', message);
    }
    const words =
      status === 429
        ? 'too many questions came from here. Try again later, or sign in'
        : `it answered ${status}. Try again later`;
    return new Refusal('unreachable', `${registry} cannot tell about ${name} now: ${words}.`);
  }
}

/** Registries of this machine speak HTTP, as the engine takes it; all others HTTPS. */
function addressOf(registry: string): string {
  const host = canonicalRegistry(registry);
  if (host === hub) return 'https://registry-1.docker.io';
  return `${isLoopback(host) ? 'http' : 'https'}://${host}`;
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

/** Docker Hub's own images are in `library/`. */
function pathOf({ registry, imageName }: ExternalImage): string {
  const bare = !imageName.includes('/') && canonicalRegistry(registry) === hub;
  const path = bare ? `library/${imageName}` : imageName;
  return path.split('/').map(encodeURIComponent).join('/');
}

function nameOf({ imageName, imageTag }: ExternalImage): string {
  return `${imageName}:${imageTag}`;
}

function basicOf({ username, password }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function otherPlatform(image: ExternalImage, made: readonly string[], platform: string): Refusal {
  const message = `${nameOf(image)} is made for ${made.join(', ')}, and the region runs ${platform}. Choose another tag, or build the image for ${platform}.`;
  return new Refusal('otherPlatform', message);
}

function noImage({ imageName }: ExternalImage): ImageCheck {
  const message = `No registry has an image ${imageName}: names are lower-case letters and digits, joined by dots, hyphens, underscores and slashes.`;
  return { outcome: 'notFound', message };
}

function unreadable({ registry }: ExternalImage, why: string): ImageCheck {
  return { outcome: 'unreachable', message: `${registry} does not answer as a registry does: ${why}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
