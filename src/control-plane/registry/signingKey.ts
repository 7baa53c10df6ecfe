import { createPrivateKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { textOf, writePrivately } from '../privateFile.ts';

/** File in the state directory with the certificate that the registry trusts tokens by. */
export const certificateFileName = 'registry-token.crt';
const keyFileName = 'registry-token.key';

const yearMs = 365 * 24 * 60 * 60 * 1000;

/** The key that registry tokens are signed with, and the certificate that the registry knows it by. */
export interface SigningKey {
  /** Path of the certificate, for the registry's `rootcertbundle`. */
  readonly certificateFile: string;
  /** PEM text of the same. */
  readonly certificate: string;
  /** A compact JWT with these claims, ES256, that carries its certificate as `x5c`. */
  sign(claims: Readonly<Record<string, unknown>>): string;
}

/**
 * Reads the key of a state directory, or makes one. It is made once: the registry trusts that certificate alone
 * and reads it at its start.
 */
export async function loadSigningKey(stateDir: string, now: () => number): Promise<SigningKey> {
  const certificateFile = join(stateDir, certificateFileName);
  const keyFile = join(stateDir, keyFileName);
  const [pem, certificate] = await Promise.all([textOf(keyFile), textOf(certificateFile)]);
  if (pem !== undefined && certificate !== undefined) return signingKey(certificateFile, certificate, pem);
  const made = await makeKey(now());
  // The key first: a certificate without its key would be taken for a pair that is there.
  await writePrivately(keyFile, made.key);
  await writePrivately(certificateFile, made.certificate);
  return signingKey(certificateFile, made.certificate, made.key);
}

function signingKey(certificateFile: string, certificate: string, pem: string): SigningKey {
  const key = createPrivateKey(pem);
  const der = new X509Certificate(certificate).raw.toString('base64');
  return {
    certificateFile,
    certificate,
    sign: (claims) => jwt(key, { typ: 'JWT', alg: 'ES256', x5c: [der] }, claims),
  };
}

function jwt(key: KeyObject, header: object, claims: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode(header)}.${encode(claims)}`;
  // JOSE wants the two numbers of the signature side by side, not ASN.1.
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

async function makeKey(at: number): Promise<{ key: string; certificate: string }> {
  // Loaded at the first start only: it is the largest part of this program and hardly ever needed.
  // It finds its parts through decorators, which need the metadata API.
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: 'CN=Patr registry tokens',
    notBefore: new Date(at - yearMs / 365),
    notAfter: new Date(at + 20 * yearMs),
    signingAlgorithm: algorithm,
    keys,
  });
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: `${certificate.toString('pem')}\n`,
  };
}
