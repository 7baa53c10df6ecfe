import assert from 'node:assert/strict';
import type { CertificateFacts } from '../../../../src/client/certificates.ts';
import { trustQuestion } from '../../../../src/extension/accounts/certificateWords.ts';

const now = new Date('2026-05-01T12:00:00Z');
const shown: CertificateFacts = {
  sha256: 'AA:BB',
  pem: 'pem',
  subject: 'CN=patr.example.com, O=Example',
  issuer: 'CN=patr.example.com, O=Example',
  names: ['patr.example.com', '10.0.0.7'],
  validFrom: new Date('2026-01-02T00:00:00Z'),
  validTo: new Date('2027-01-02T00:00:00Z'),
  trusted: false,
};

describe('the question whether a certificate is trusted', () => {
  it('shows whose it is, for how long it is good, and its fingerprint', () => {
    const { text, detail, may } = trustQuestion('patr.example.com', shown, undefined, now);
    assert.equal(text, 'Trust the certificate of patr.example.com?');
    assert.ok(may);
    for (const line of [
      'Subject: CN=patr.example.com, O=Example',
      'Issuer: itself',
      'For: patr.example.com, 10.0.0.7',
      'Valid: 2026-01-02 to 2027-01-02',
      'SHA-256: AA:BB',
    ])
      assert.ok(detail.split('\n').includes(line), detail);
  });

  it('says loudly that it is another one than before, and shows both', () => {
    const { text, detail } = trustQuestion('a.example', shown, { sha256: 'CC:DD', pem: '' }, now);
    assert.match(text, /another certificate than the one that you trust/);
    assert.match(detail, /somebody else may be answering/);
    assert.match(detail, /SHA-256: AA:BB\nTrusted until now: CC:DD/);
  });

  it('is not asked of one that is good for nothing', () => {
    const old = { ...shown, validTo: new Date('2026-04-30T00:00:00Z') };
    const early = { ...shown, validFrom: new Date('2026-05-02T00:00:00Z') };
    assert.equal(trustQuestion('a.example', old, undefined, now).may, false);
    assert.match(trustQuestion('a.example', old, undefined, now).detail, /expired on 2026-04-30/);
    assert.equal(trustQuestion('a.example', early, undefined, now).may, false);
  });
});
