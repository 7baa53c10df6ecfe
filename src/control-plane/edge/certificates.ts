import { covers, isValidFor, issue, type Credential } from '../tls/authority.ts';
import type { EdgeFiles } from './edgeFiles.ts';
import { certificateListName } from './haproxyConfig.ts';
import { word, type RuntimeApi } from './runtimeApi.ts';

/** Name of the certificate that answers where no other fits: the list must have one. */
const fallback = 'certificates/fallback.pem';
const fallbackHosts = ['localhost'] as const;

export function certificateName(holder: string): string {
  return `certificates/${word(holder)}.pem`;
}

/** What a public authority signed, key and chain, as it came: whatever is served is made from it where it fits. */
function publicName(holder: string): string {
  return `public/${word(holder)}.pem`;
}

/**
 * Certificates of deployments and of hosts: a public authority's where there is one, the region's own otherwise; on
 * disk for a start, in the proxy at run time. A holder is a deployment's id, or what else has hosts.
 */
export class Certificates {
  readonly #files: EdgeFiles;
  readonly #authority: Credential;
  readonly #api: RuntimeApi;
  readonly #now: () => number;

  constructor(files: EdgeFiles, authority: Credential, api: RuntimeApi, now: () => number) {
    this.#files = files;
    this.#authority = authority;
    this.#api = api;
    this.#now = now;
  }

  /** What must be on disk before the proxy starts for the first time. */
  async prepare(): Promise<void> {
    await this.#fresh(fallback, fallbackHosts);
    await this.#writeList();
  }

  /** Renews the certificate for names that no deployment has. */
  async ensureFallback(signal?: AbortSignal): Promise<void> {
    if (await this.#fresh(fallback, fallbackHosts)) await this.#load(fallback, signal);
  }

  /** Makes the holder's certificate cover these hosts, on disk and in the running proxy. */
  async ensure(holder: string, hosts: readonly string[], signal?: AbortSignal): Promise<void> {
    const [first, ...others] = hosts;
    if (first === undefined) return;
    const name = certificateName(holder);
    const changed = await this.#fresh(name, [first, ...others], await this.publicOf(holder));
    if (!changed && (await this.#isServed(name, signal))) return;
    await this.#load(name, signal);
    await this.#writeList();
  }

  publicOf(holder: string): Promise<string | undefined> {
    return this.#files.read(publicName(holder));
  }

  async publicHolders(): Promise<readonly string[]> {
    return holdersAmong(await this.#files.list('public'));
  }

  /** Everybody that a certificate is kept for, wanted or not. */
  async holders(): Promise<readonly string[]> {
    return holdersAmong(await this.#files.list('certificates'));
  }

  /** Serves what a public authority signed, for as long as it is good for these hosts. */
  async putPublic(
    holder: string,
    hosts: readonly string[],
    pem: string,
    signal?: AbortSignal,
  ): Promise<void> {
    if ((await this.publicOf(holder)) !== pem) await this.#files.write(publicName(holder), pem);
    await this.ensure(holder, hosts, signal);
  }

  async remove(holder: string, signal?: AbortSignal): Promise<void> {
    const name = certificateName(holder);
    await this.#files.remove(publicName(holder));
    const waiting = signal === undefined ? {} : { signal };
    const [list, path] = [this.#files.inside(certificateListName), this.#files.inside(name)];
    // What is not there answers so, and that is as good.
    await this.#api.ask(`del ssl crt-list ${list} ${path}`, waiting);
    await this.#api.ask(`del ssl cert ${path}`, waiting);
    // A list that names a file which is not there keeps the proxy from starting.
    await this.#writeList(name);
    await this.#files.remove(name);
  }

  /** Writes it anew unless what is on disk still fits. `signed`: by a public authority. Returns whether it did. */
  async #fresh(name: string, hosts: readonly [string, ...string[]], signed?: string): Promise<boolean> {
    const there = await this.#files.read(name);
    if (signed !== undefined && isValidFor(signed, hosts, this.#now())) {
      if (there === signed) return false;
      await this.#files.write(name, signed);
      return true;
    }
    if (there !== undefined && covers(there, hosts, this.#authority, this.#now())) return false;
    const { certificate, key } = await issue(this.#authority, hosts, this.#now());
    await this.#files.write(name, `${certificate.trim()}\n${key.trim()}\n`);
    return true;
  }

  async #isServed(name: string, signal: AbortSignal | undefined): Promise<boolean> {
    const waiting = signal === undefined ? {} : { signal };
    const list = await this.#api.ask(`show ssl crt-list ${this.#files.inside(certificateListName)}`, waiting);
    return list.split('\n').some((line) => line.trim().startsWith(this.#files.inside(name)));
  }

  async #load(name: string, signal: AbortSignal | undefined): Promise<void> {
    const waiting = signal === undefined ? {} : { signal };
    const path = this.#files.inside(name);
    const pem = ((await this.#files.read(name)) ?? '').trim();
    // "new" refuses a certificate that the proxy knows already, which is fine: it is set all the same.
    await this.#api.ask(`new ssl cert ${path}`, waiting);
    await this.#api.tell(`set ssl cert ${path} <<\n${pem}\n`, /transaction (created|updated)/i, waiting);
    await this.#api.tell(`commit ssl cert ${path}`, /success/i, waiting);
    if (await this.#isServed(name, signal)) return;
    const list = this.#files.inside(certificateListName);
    await this.#api.tell(`add ssl crt-list ${list} ${path}`, /success|inserting/i, waiting);
  }

  async #writeList(without?: string): Promise<void> {
    const names = (await this.#files.list('certificates')).filter((name) => name.endsWith('.pem'));
    const others = names
      .map((name) => `certificates/${name}`)
      .filter((name) => name !== fallback && name !== without);
    // The first of the list answers clients that name no host, or one that nothing fits.
    const paths = [fallback, ...others.toSorted()].map((name) => this.#files.inside(name));
    await this.#files.write(certificateListName, `${paths.join('\n')}\n`);
  }
}

function holdersAmong(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (name.endsWith('.pem') ? [name.slice(0, -'.pem'.length)] : []));
}
