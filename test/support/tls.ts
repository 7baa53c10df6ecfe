import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Credential } from '../../src/control-plane/tls/authority.ts';

const day = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const crypto = webcrypto as unknown as Crypto;

/** A certificate that vouches for itself, from yesterday until `days` from now. */
export async function selfSigned(name: string, hosts: readonly string[], days = 30): Promise<Credential> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      notBefore: new Date(now - 10 * day),
      notAfter: new Date(now + days * day),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          hosts.map((value) => ({
            type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
            value,
          })),
        ),
      ],
    },
    crypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey as webcrypto.CryptoKey);
  const pem = x509.PemConverter.encode(key, 'PRIVATE KEY');
  return { key: pem, certificate: certificate.toString('pem') };
}

/** TLS on loopback in front of a server that speaks in clear, whatever it speaks. What it shows can be exchanged. */
export class TlsFront {
  /** Bytes that came in, after the handshake. */
  heard = 0;
  readonly #open = new Set<TLSSocket>();
  readonly #server;

  private constructor(target: string, { key, certificate }: Credential) {
    const { hostname, port } = new URL(target);
    this.#server = createServer({ key, cert: certificate }, (socket) => {
      this.#open.add(socket);
      const behind = connect(Number(port), hostname);
      socket.on('data', ({ length }: Buffer) => (this.heard += length));
      socket.pipe(behind).pipe(socket);
      for (const one of [socket, behind])
        one
          .on('error', () => undefined)
          .once('close', () => {
            this.#open.delete(socket);
            socket.destroy();
            behind.destroy();
          });
    });
  }

  static async start(target: string, credential: Credential): Promise<TlsFront> {
    const front = new TlsFront(target, credential);
    front.#server.listen(0, '127.0.0.1');
    await once(front.#server, 'listening');
    return front;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whoever connects from now on sees this; whoever is connected is cut off. */
  show({ key, certificate }: Credential): void {
    this.#server.setSecureContext({ key, cert: certificate });
    for (const socket of this.#open) socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
