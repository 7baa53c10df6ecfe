import { RegistryError } from './registryError.ts';
import { registryUrl } from './registryPlace.ts';
import type { RegistrySession } from './registrySession.ts';

const octets = 'application/octet-stream';

/** Somebody waits for it, so it does not take long. */
const giveUpWithinMs = 5000;

/** A blob on its way into a registry, piece by piece. It is there once `finish` has resolved, and not before. */
export class BlobUpload {
  readonly #session: RegistrySession;
  #at: URL;
  #sent = 0;

  private constructor(session: RegistrySession, at: URL) {
    this.#session = session;
    this.#at = at;
  }

  /** `from`: another repository of the registry that has the blob; undefined then: it is there already. */
  static async begin(
    session: RegistrySession,
    blob: { readonly digest: string; readonly from: string | undefined },
  ): Promise<BlobUpload | undefined> {
    const mount =
      blob.from === undefined ? '' : `?${new URLSearchParams({ mount: blob.digest, from: blob.from })}`;
    const response = await session.ask({ method: 'POST', rest: `blobs/uploads/${mount}` });
    await response.body?.cancel();
    if (response.status === 201) return undefined;
    if (response.status !== 202) throw session.refusal(response.status, 'a push');
    return new BlobUpload(session, locationIn(session, response));
  }

  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const headers = {
      'content-type': octets,
      'content-range': `${this.#sent}-${this.#sent + bytes.length - 1}`,
    };
    const response = await this.#session.ask({ method: 'PATCH', rest: this.#at, headers, body: bytes });
    await response.body?.cancel();
    if (response.status !== 202) throw this.#session.refusal(response.status, 'a layer');
    this.#sent += bytes.length;
    this.#at = locationIn(this.#session, response);
  }

  /** With what is left of it. The registry compares the digest itself. */
  async finish(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const at = new URL(this.#at);
    at.searchParams.set('digest', digest);
    const last = this.#sent + bytes.length - 1;
    const range = bytes.length === 0 || this.#sent === 0 ? {} : { 'content-range': `${this.#sent}-${last}` };
    const headers = { 'content-type': octets, ...range };
    const response = await this.#session.ask({ method: 'PUT', rest: at, headers, body: bytes });
    const words = (await this.#session.bytesOf(response)).toString('utf8');
    if (response.status !== 201) throw this.#session.refusal(response.status, 'a layer', toldIn(words));
  }

  /** Takes away what was sent. It never fails, as it comes after a failure: a registry forgets uploads in time. */
  async giveUp(): Promise<void> {
    const signal = AbortSignal.timeout(giveUpWithinMs);
    try {
      const response = await this.#session.ask({ method: 'DELETE', rest: this.#at, signal });
      await response.body?.cancel();
    } catch {
      // What failed before is what a person has to read.
    }
  }
}

/** Where to go on. A registry behind a proxy may not know how it is reached: only its path counts. */
function locationIn({ place: { host } }: RegistrySession, response: Response): URL {
  const base = registryUrl(host);
  const url = URL.parse(response.headers.get('location') ?? '', base);
  if (url === null || url.host !== new URL(base).host) {
    const message = `${host} sends an upload to ${url?.host ?? 'nowhere'}, which is another server. Nothing was sent there.`;
    throw new RegistryError('broken', message);
  }
  return new URL(`${url.pathname}${url.search}`, base);
}

/** The first of the registry's own messages. */
export function toldIn(body: string): string {
  const [, message = ''] = /"message"\s*:\s*"([^"]{1,300})"/.exec(body) ?? [];
  return message;
}
