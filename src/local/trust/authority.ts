import { X509Certificate } from 'node:crypto';

/** What a person is shown before they trust an authority, and what stores know it by. */
export interface AuthorityFacts {
  readonly certificate: string;
  /** Such as `Patr region local`. */
  readonly name: string;
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string;
  /** SHA-1 in hexadecimal without colons: how Windows and macOS name a certificate. */
  readonly thumbprint: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** The certificate is none that anybody should trust; the message says why and what to do. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';
}

/**
 * The extension that binds an authority to names under `localhost` and to no address, as the control plane writes
 * it: critical, one permitted name, every IPv4 and IPv6 address excluded.
 */
const boundToLocalhost = Buffer.from(
  '0603551d1e0101ff04433041a00d300b82096c6f63616c686f7374' +
    `a130300a8708${'00'.repeat(8)}30228720${'00'.repeat(32)}`,
  'hex',
);

/** @throws AuthorityError unless it is an authority that can sign names under `localhost` alone. */
export function authorityFacts(pem: string): AuthorityFacts {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw new AuthorityError('The certificate of the region cannot be read. Start the local region anew.', {
      cause: error,
    });
  }
  if (!certificate.ca || !extensionsOf(certificate).some((one) => one.equals(boundToLocalhost))) {
    throw new AuthorityError(
      'The certificate of this region could vouch for other names than those under .localhost, so it is not made trusted. Stop and start the local region to have it made anew.',
    );
  }
  const name = /^CN=([A-Za-z0-9 -]{1,64})$/m.exec(certificate.subject)?.[1];
  if (name === undefined) throw new AuthorityError('The certificate of this region has no usable name.');
  return {
    certificate: certificate.toString(),
    name,
    fingerprint: certificate.fingerprint256,
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    endsAt: certificate.validToDate.getTime(),
  };
}

const extensionsTag = 0xa3;

/** The content of each extension. Certificates are read by the system before: what they are made of is whole. */
function extensionsOf({ raw }: X509Certificate): readonly Buffer[] {
  const [certificate] = elementsOf(raw);
  const [signed] = elementsOf(certificate?.content);
  const [list] = elementsOf(elementsOf(signed?.content).find(({ tag }) => tag === extensionsTag)?.content);
  return elementsOf(list?.content).map(({ content }) => content);
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** Elements of DER that lie one after another; none where one has no length, which others may read differently. */
function elementsOf(der: Buffer = Buffer.alloc(0)): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 1 < der.length;) {
    const first = der.readUInt8(at + 1);
    // A long length is told by the number of its bytes first.
    const more = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80 || more > 4) return [];
    const start = at + 2 + more;
    const end = start + (more === 0 ? first : der.readUIntBE(at + 2, more));
    found.push({ tag: der.readUInt8(at), content: der.subarray(start, end) });
    at = end;
  }
  return found;
}
