import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import {
  covers,
  isSound,
  issue,
  makeAuthority,
  renewBeforeMs,
} from '../../../../src/control-plane/tls/authority.ts';

const day = 86_400_000;

describe("the region's authority", () => {
  const now = Date.now();

  it('is for signing certificates of names under its domain, and for nothing else', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    const certificate = new X509Certificate(authority.certificate);
    assert.equal(certificate.ca, true);
    assert.equal(certificate.subject, 'CN=Patr region local');
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(authority.key)));
    assert.ok(certificate.validToDate.getTime() > now + 3600 * day);
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  });

  it('issues certificates that name every host and lead back to it', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    const hosts = ['web.localhost', `8080-${'a'.repeat(32)}.localhost`] as const;
    const leaf = await issue(authority, hosts, now);
    const certificate = new X509Certificate(leaf.certificate);
    const issuer = new X509Certificate(authority.certificate);
    assert.ok(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(leaf.key)));
    assert.equal(certificate.ca, false);
    for (const host of hosts) assert.equal(certificate.checkHost(host), host);
    assert.equal(certificate.checkHost('other.localhost'), undefined);
    // Browsers take no certificate for longer than 398 days.
    assert.ok(certificate.validToDate.getTime() - certificate.validFromDate.getTime() <= 398 * day);
  });

  it('is believed by a client that trusts it, for names under its domain only', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    assert.equal(await handshake(authority, 'web.localhost'), 'trusted');
    assert.equal(await handshake(authority, 'localhost'), 'trusted');
    assert.match(await handshake(authority, 'bank.example'), /PERMITTED_VIOLATION|permitted subtree/i);
    assert.match(await handshake(authority, 'evil-localhost'), /PERMITTED_VIOLATION|permitted subtree/i);
  });

  it('is believed for no address', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    const folder = await mkdtemp(join(tmpdir(), 'patr-authority-'));
    const at = (name: string): string => join(folder, name);
    try {
      await writeFile(at('ca.crt'), authority.certificate);
      await writeFile(at('ca.key'), authority.key);
      await writeFile(at('names'), 'subjectAltName=IP:192.0.2.1,IP:2001:db8::1');
      const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key')];
      await openssl('req', ...key, '-subj', '/CN=address', '-out', at('csr'));
      const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-extfile', at('names')];
      await openssl('x509', '-req', '-in', at('csr'), ...signer, '-out', at('crt'));
      await assert.rejects(openssl('verify', '-CAfile', at('ca.crt'), at('crt')), /excluded subtree/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is sound for its own domain as long as it outlives what it signs', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    assert.ok(isSound(authority, 'localhost', now));
    assert.ok(!isSound(authority, 'example', now));
    assert.ok(!isSound(authority, 'localhost', now + 3300 * day));
  });

  it('names a host that is longer than a common name may be', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    const host = `${'x'.repeat(63)}.${'y'.repeat(60)}.localhost`;
    const { certificate } = await issue(authority, [host], now);
    assert.equal(new X509Certificate(certificate).checkHost(host), host);
  });
});

describe('a certificate', () => {
  const now = Date.now();

  it('is made anew when its names change, before it expires, and when it cannot be read', async () => {
    const authority = await makeAuthority('local', 'localhost', now);
    const { certificate } = await issue(authority, ['a.localhost', 'b.localhost'], now);
    const fits = (hosts: string[], at = now): boolean => covers(certificate, hosts, authority, at);
    const end = new X509Certificate(certificate).validToDate.getTime();
    assert.equal(fits(['b.localhost', 'a.localhost']), true);
    assert.equal(fits(['a.localhost']), false);
    assert.equal(fits(['a.localhost', 'b.localhost', 'c.localhost']), false);
    assert.equal(fits(['a.localhost', 'b.localhost'], end - renewBeforeMs - 1), true);
    assert.equal(fits(['a.localhost', 'b.localhost'], end - renewBeforeMs), false);
    assert.equal(covers('no certificate', ['a.localhost'], authority, now), false);
  });

  it('is made anew when the region has another authority', async () => {
    const [old, other] = [
      await makeAuthority('local', 'localhost', now),
      await makeAuthority('local', 'localhost', now),
    ];
    const { certificate } = await issue(old, ['a.localhost'], now);
    assert.equal(covers(certificate, ['a.localhost'], other, now), false);
  });
});

/** What a client says that trusts the authority and asks for a host. */
async function handshake(
  authority: Awaited<ReturnType<typeof makeAuthority>>,
  host: string,
): Promise<string> {
  const { certificate, key } = await issue(authority, [host], Date.now());
  const server = createServer({ cert: certificate, key });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername: host, ca: authority.certificate });
  try {
    await once(socket, 'secureConnect');
    return 'trusted';
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? `${String(error.code)} ${error.message}`
      : String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}
