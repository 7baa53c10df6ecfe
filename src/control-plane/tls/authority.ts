import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto, X509Certificate } from 'node:crypto';

/** A key and its certificate, as PEM texts. */
export interface Credential {
  readonly key: string;
  readonly certificate: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;
const authorityDays = 3650;
const leafDays = 397;

/** A certificate is made anew when less than this is left of it, in milliseconds. */
export const renewBeforeMs = 30 * day;

const nameConstraintsId = '2.5.29.30';

/** The library's types mean a browser's; Node's is the same. */
const crypto = webcrypto as unknown as Crypto;

/** The region's own authority: trusted by whoever chooses to, and only for names under `domain`. */
export async function makeAuthority(regionName: string, domain: string, now: number): Promise<Credential> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: [{ CN: [`Patr region ${regionName}`] }],
      notBefore: new Date(now - day),
      notAfter: new Date(now + authorityDays * day),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
        nameConstraint(domain),
      ],
    },
    crypto,
  );
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Whether an authority is bound to the domain as those made today are, and outlives what it signs today. */
export function isSound({ certificate: pem }: Credential, domain: string, now: number): boolean {
  const certificate = new x509.X509Certificate(pem);
  const bound = certificate.getExtension(nameConstraintsId);
  const wanted = Buffer.from(nameConstraint(domain).value);
  return (
    bound?.critical === true &&
    wanted.equals(Buffer.from(bound.value)) &&
    certificate.notAfter.getTime() > now + leafDays * day
  );
}

/** A certificate for the given host names, signed by the authority. */
export async function issue(
  authority: Credential,
  hosts: readonly [string, ...string[]],
  now: number,
): Promise<Credential> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      // Names are in the extension; a common name is for people, and has a bound that host names do not.
      subject: [{ CN: [hosts[0].slice(0, 64)] }],
      issuer: issuer.subjectName,
      notBefore: new Date(now - day),
      notAfter: new Date(now + leafDays * day),
      signingKey: await importKey(authority.key),
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns' as const, value }))),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
      ],
    },
    crypto,
  );
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

/**
 * Whether a certificate is one of this authority, covers exactly these names and is not about to expire. Unreadable
 * ones do not.
 */
export function covers(
  certificatePem: string,
  hosts: readonly string[],
  authority: Credential,
  now: number,
): boolean {
  let certificate: x509.X509Certificate;
  try {
    certificate = new x509.X509Certificate(certificatePem);
  } catch {
    return false;
  }
  const names = certificate
    .getExtension(x509.SubjectAlternativeNameExtension)
    ?.names.items.map(({ value }) => value);
  const same = names !== undefined && names.toSorted().join() === hosts.toSorted().join();
  return same && signedBy(authority, certificatePem) && certificate.notAfter.getTime() - now > renewBeforeMs;
}

/** Whether somebody else's certificate is good for these names now. */
export function isValidFor(pem: string, hosts: readonly string[], now: number): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
    return now >= from && now < until && hosts.every((host) => certificate.checkHost(host) !== undefined);
  } catch {
    return false;
  }
}

/** Another authority may have the same name: its signature tells. */
function signedBy(authority: Credential, certificatePem: string): boolean {
  const issuer = new X509Certificate(authority.certificate);
  return new X509Certificate(certificatePem).verify(issuer.publicKey);
}

async function makeKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as unknown as CryptoKeyPair;
}

async function exportKey(key: CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key as unknown as webcrypto.CryptoKey);
  return x509.PemConverter.encode(bytes, 'PRIVATE KEY');
}

async function importKey(pem: string): Promise<CryptoKey> {
  const [bytes] = x509.PemConverter.decode(pem);
  if (bytes === undefined) throw new Error('The key of the authority cannot be read.');
  return (await webcrypto.subtle.importKey('pkcs8', bytes, algorithm, false, [
    'sign',
  ])) as unknown as CryptoKey;
}

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  // The first bit is the sign; a serial number is positive.
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
}

/**
 * Permits names under one domain only, and no address: whoever trusts this authority trusts it for nothing else. A
 * kind of name that is neither permitted nor excluded would be allowed as it likes.
 */
function nameConstraint(domain: string): x509.Extension {
  const name = Buffer.from(domain, 'ascii');
  const permitted = sequence(0xa0, subtree(0x82, name));
  const everyAddress = [8, 32].map((length) => subtree(0x87, Buffer.alloc(length)));
  const excluded = sequence(0xa1, Buffer.concat(everyAddress));
  const both = sequence(0x30, Buffer.concat([permitted, excluded]));
  return new x509.Extension(nameConstraintsId, true, new Uint8Array(both));
}

function subtree(tag: number, base: Buffer): Buffer {
  return sequence(0x30, sequence(tag, base));
}

function sequence(tag: number, content: Buffer): Buffer {
  // One byte of length is enough for what is written here.
  if (content.length > 127) throw new Error('The domain of the region is too long for its authority.');
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}
