import { anySignal, isAbort } from '../../base/abort.ts';
import { parseChallenge } from '../../base/challenge.ts';
import { describeError } from '../../base/log.ts';
import { decode } from '../../protocol/decode.ts';
import { patrRegistry } from '../../protocol/shapes/deployment.ts';
import { registryHost } from '../../protocol/shapes/registry.ts';
import { repositoryName } from '../../protocol/wire.ts';
import { RegistryError } from './registryError.ts';
import { registryUrl, type RegistryPlace } from './registryPlace.ts';

/** How long a registry may think before its answer begins, in milliseconds. */
const patienceMs = 30_000;
/** Longest answer that is taken as a text, in bytes: registries refuse larger manifests. */
const largestText = 4 * 1024 * 1024;

/** One question to a registry. */
export interface RegistryQuestion {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the repository, such as `manifests/latest`; or an address of the registry's own. */
  readonly rest: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Instead of the session's, for what comes after it. */
  readonly signal?: AbortSignal;
}

/** What a session wants to do in its repository; and of which other ones it takes what is there. `login`: be let in. */
export interface RegistryAims {
  readonly actions: 'login' | 'pull' | 'pull,push';
  readonly also?: readonly string[];
}

/**
 * One repository's questions, by Docker's token protocol: a registry that asks for a token is asked with it from then
 * on, and once more when the token has run out.
 */
export class RegistrySession {
  readonly place: RegistryPlace;
  readonly #aims: RegistryAims;
  readonly #signal: AbortSignal | undefined;
  #authorization: string | undefined;

  /** @throws RegistryError for a host or a path that would lead anywhere else. */
  constructor(place: RegistryPlace, aims: RegistryAims, signal?: AbortSignal) {
    if (!isPlain(place)) throw new RegistryError('refused', notPlainWords(place));
    this.place = place;
    this.#aims = aims;
    this.#signal = signal;
  }

  /** The answer, whatever its status, while its body is still to come. @throws RegistryError when there is none. */
  async ask(question: RegistryQuestion): Promise<Response> {
    const response = await this.#send(question, this.#authorization);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    this.#authorization = await this.#authorize(response.headers.get('www-authenticate'));
    return this.#send(question, this.#authorization);
  }

  /** An answer's text. @throws RegistryError for one that breaks off, or is longer than anything that is asked for. */
  async bytesOf(response: Response): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.chunksOf(response)) {
      length += chunk.byteLength;
      if (length > largestText) break;
      chunks.push(chunk);
    }
    if (length <= largestText) return Buffer.concat(chunks);
    const message = `${this.place.host} answers with more than a manifest can be (${largestText} bytes).`;
    throw new RegistryError('broken', message);
  }

  /** An answer's bytes as they come. @throws RegistryError when they break off, or none come for a while. */
  async *chunksOf({ body }: Response): AsyncGenerator<Uint8Array, void, void> {
    if (body === null) return;
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await inTime(reader.read());
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw this.unreachable(error);
    } finally {
      // What is left of it is of no use, and whoever sends it must not wait.
      await reader.cancel().catch(() => undefined);
    }
  }

  /**
   * Whether there is a registry, and whether it lets in. @throws RegistryError when there is none, when it does not
   * let in, and when it cannot be reached.
   */
  async look(): Promise<void> {
    const url = new URL(`${registryUrl(this.place.host)}/v2/`);
    const response = await this.ask({ method: 'GET', rest: url });
    await response.body?.cancel();
    if (response.status === 404) throw new RegistryError('noRegistry', noRegistryWords(this.place.host));
    if (!response.ok) throw this.refusal(response.status, 'it');
  }

  /** The error that an answer's status stands for; `what`: what was asked for, for people. */
  refusal(status: number, what: string, words = ''): RegistryError {
    const { host, login } = this.place;
    const told = words === '' ? '' : ` (${words})`;
    if (status === 404) {
      const message = `${host} does not have ${what}${told}.`;
      return new RegistryError('notFound', message);
    }
    if (status === 401 || status === 403) {
      const whom = login === undefined ? 'everybody' : login.username;
      const message = `${host} does not let ${whom} have ${what}${told}. The token may have been revoked, or may not do this: connect again.`;
      return new RegistryError('denied', message);
    }
    if (status === 429 || status >= 500) {
      const message = `${host} answered ${status} when asked for ${what}${told}. Try again later.`;
      return new RegistryError('unreachable', message);
    }
    const message = `${host} refuses ${what} with status ${status}${told}.`;
    return new RegistryError('refused', message);
  }

  /** The error that stands for an answer that did not come. A caller's abort is thrown. */
  unreachable(error: unknown): RegistryError {
    this.#signal?.throwIfAborted();
    if (error instanceof RegistryError) return error;
    const { host } = this.place;
    const why = isAbort(error) ? `no answer within ${patienceMs / 1000} s` : describeError(error);
    const message = `The registry ${host} cannot be reached: ${why}. Check the network, and try again.`;
    return new RegistryError('unreachable', message, { cause: error });
  }

  async #send(
    { method, rest, headers, body, signal = this.#signal }: RegistryQuestion,
    authorization: string | undefined,
  ): Promise<Response> {
    const { host, path } = this.place;
    const url = typeof rest === 'string' ? `${registryUrl(host)}/v2/${pathOf(path)}/${rest}` : rest.href;
    const sent = { ...headers, ...(authorization === undefined ? {} : { authorization }) };
    return this.#fetch(url, {
      method,
      headers: sent,
      // A registry sends for its blobs elsewhere; what is sent to it is meant for it alone.
      redirect: method === 'GET' || method === 'HEAD' ? 'follow' : 'error',
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** The limit holds until the answer begins; what follows has the reader's. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { fetch, userAgent } = this.place;
    const opening = new AbortController();
    const late = setTimeout(
      () => opening.abort(new DOMException('The registry is silent.', 'TimeoutError')),
      patienceMs,
    );
    const signal = anySignal(opening.signal, init.signal ?? undefined);
    try {
      const headers = { ...(init.headers as Record<string, string>), 'user-agent': userAgent };
      return await fetch(url, { ...init, headers, signal });
    } catch (error) {
      throw this.unreachable(error);
    } finally {
      clearTimeout(late);
    }
  }

  async #authorize(header: string | null): Promise<string> {
    const { host, login } = this.place;
    const challenge = parseChallenge(header);
    if (challenge === undefined) throw new RegistryError('noRegistry', noRegistryWords(host));
    const basic = login === undefined ? undefined : basicOf(login);
    if (challenge.kind === 'basic') {
      if (basic === undefined) throw this.refusal(401, 'it');
      return basic;
    }
    const url = this.#tokenUrl(challenge);
    const response = await this.#fetch(url, {
      headers: basic === undefined ? {} : { authorization: basic },
      redirect: 'error',
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
    const answer = parsed(await this.bytesOf(response));
    if (!response.ok) throw this.refusal(response.status === 400 ? 401 : response.status, 'a token');
    const token = answer['token'] ?? answer['access_token'] ?? answer['accessToken'];
    if (typeof token === 'string') return `Bearer ${token}`;
    throw new RegistryError('broken', `${host} gave out no token. Check its address.`);
  }

  /** Where a registry is asked over TLS, credentials go nowhere without it. */
  #tokenUrl({ realm, service }: { readonly realm: string; readonly service: string | undefined }): string {
    const { host, path } = this.place;
    const url = URL.parse(realm);
    const safe =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && registryUrl(host).startsWith('http:'));
    if (url === null || !safe) {
      const message = `${host} sends to ${realm} for a token, which is no safe address. Nothing was sent there.`;
      throw new RegistryError('broken', message);
    }
    if (service !== undefined) url.searchParams.set('service', service);
    const { actions } = this.#aims;
    if (actions === 'login') {
      // As docker logs in; the legacy Patr refuses one who does not say so.
      url.searchParams.set('client_id', 'docker');
      url.searchParams.set('offline_token', 'true');
    } else url.searchParams.append('scope', `repository:${path}:${actions}`);
    for (const other of this.#aims.also ?? []) url.searchParams.append('scope', `repository:${other}:pull`);
    return url.href;
  }
}

/** @throws TimeoutError for what takes too long. */
async function inTime<T>(reading: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new DOMException('The registry is silent.', 'TimeoutError')),
    patienceMs,
  );
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Names come from servers: one with dots or an at sign in the right places would be another address. */
function isPlain({ host, path }: RegistryPlace): boolean {
  const known = host === patrRegistry || decode(registryHost, host).ok;
  return known && decode(repositoryName, path).ok;
}

function notPlainWords({ host, path }: RegistryPlace): string {
  return `${host}/${path} is not the name of a repository in a registry: names are lower-case letters and digits, joined by dots, hyphens, underscores and slashes. Nothing was sent.`;
}

function noRegistryWords(host: string): string {
  return `What answers at ${host} is no registry. Check the address; a Patr of your own may have its registry under another name, which the setting patr.registryHosts tells.`;
}

function pathOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function basicOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function parsed(text: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
