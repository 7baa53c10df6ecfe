import type { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { withTimeout } from '../base/abort.ts';

/** The one certificate that a server may show, whatever its names and its issuer are. */
export interface PinnedCertificate {
  /** SHA-256 of the whole certificate: 32 bytes in hexadecimal, with colons between them. */
  readonly sha256: string;
  readonly pem: string;
}

/** What a server shows of itself, for people to compare. */
export interface CertificateFacts extends PinnedCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses that it stands for. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Whether this machine trusts it for the server that shows it. */
  readonly trusted: boolean;
}

/** What TLS needs so that nobody else is spoken to: all is checked before the first byte of a request is sent. */
export interface PinnedTls {
  readonly ca: string;
  readonly allowPartialTrustChain: true;
  readonly checkServerIdentity: (
    host: string,
    shown: { readonly fingerprint256: string },
  ) => Error | undefined;
}

/** Another certificate than the pinned one, in the words of TLS's own errors. */
export const otherCertificate = 'ERR_CERT_OTHER';

export function pinnedTls({ sha256, pem }: PinnedCertificate): PinnedTls {
  return {
    ca: pem,
    // It may have been issued by an authority that nobody here knows: it is trusted itself, not its issuer.
    allowPartialTrustChain: true,
    checkServerIdentity: (_, { fingerprint256 }) =>
      fingerprint256 === sha256
        ? undefined
        : Object.assign(new Error('The server shows another certificate.'), { code: otherCertificate }),
  };
}

/** Why a certificate is refused, as the end of a sentence, by the codes of Node and of Chromium. */
const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, and by nobody whom this machine trusts',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is issued by an authority that this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is issued by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'it is issued by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is issued by an authority that this machine does not know',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet; the clock of this machine or of the server may be wrong',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'this machine does not trust it',
  CERT_REJECTED: 'this machine does not trust it',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  INVALID_CA: 'its issuer may not issue certificates',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it stands for another name than that of the server',
  ERR_CERT_AUTHORITY_INVALID: 'it is issued by an authority that this machine does not trust',
  ERR_CERT_COMMON_NAME_INVALID: 'it stands for another name than that of the server',
  ERR_CERT_DATE_INVALID: 'it has expired, or is not valid yet',
  [otherCertificate]: 'it is another one than the one that you trust',
};

/** What can be wrong with the very certificate that is pinned. */
const ofTime: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/**
 * Why the certificate of a server was refused, as the end of a sentence. Undefined: something else is the matter.
 * `pinned`: there is one that it has to show, whatever else is wrong with the one that it shows.
 */
export function whyCertificateRefused(error: unknown, pinned = false): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const named = /\bnet::(ERR_\w+)/.exec(one.message)?.[1] ?? '';
    const code = 'code' in one && typeof one.code === 'string' ? one.code : named;
    if (reasons[code] !== undefined)
      return reasons[pinned && !ofTime.includes(code) ? otherCertificate : code];
  }
  return undefined;
}

/**
 * The certificate that a server shows, trusted or not. It is asked for nothing but its headers, and told nothing: no
 * token, no path. @throws whatever keeps it from being asked.
 */
export async function shownCertificate(
  url: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<CertificateFacts> {
  const { promise, resolve, reject } = Promise.withResolvers<CertificateFacts>();
  const asking = request(new URL('/', url), {
    method: 'HEAD',
    // This is how one gets to see it: what it is worth is for a person to say.
    rejectUnauthorized: false,
    agent: false,
    signal: withTimeout(timeoutMs, signal),
  });
  asking.once('response', (response) => {
    const socket = response.socket as TLSSocket;
    const shown = socket.getPeerX509Certificate();
    if (shown === undefined) reject(new Error('The server shows no certificate.'));
    else resolve({ ...factsOf(shown), trusted: socket.authorized });
    asking.destroy();
  });
  asking.on('error', reject);
  asking.end();
  return promise;
}

function factsOf(certificate: X509Certificate): Omit<CertificateFacts, 'trusted'> {
  const { fingerprint256: sha256, subject, issuer, subjectAltName = '' } = certificate;
  return {
    sha256,
    pem: certificate.toString(),
    subject: inOneLine(subject),
    issuer: inOneLine(issuer),
    names: subjectAltName.split(', ').flatMap((name) => name.replace(/^(DNS|IP Address):/, '') || []),
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
  };
}

/** Names come with one part a line. */
function inOneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
