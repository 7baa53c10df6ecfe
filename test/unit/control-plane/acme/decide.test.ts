import assert from 'node:assert/strict';
import { decide, failed, type Attempts, type HostSet } from '../../../../src/control-plane/acme/decide.ts';
import { retryAfter } from '../../../../src/control-plane/acme/transport.ts';
import { certificatesWanted } from '../../../../src/control-plane/acme/wanted.ts';
import type { DomainRow, ManagedUrlRow } from '../../../../src/control-plane/domain.ts';

const minute = 60_000;
const day = 86_400_000;
const set: HostSet = { holder: 'url-shop.example', hosts: ['shop.example'] };
const served = { hosts: ['shop.example'], startsAt: 0, endsAt: 90 * day, issuer: 'R1' };
const refusal = { message: 'no', type: 'dns', retryAfterMs: undefined };
const noChance = (): number => 0;

describe('a certificate of a public authority', () => {
  it('is asked for when there is none, or none for these hosts', () => {
    assert.deepEqual(decide(set, undefined, undefined, 0), { kind: 'order' });
    const other = { ...served, hosts: ['other.example'] };
    assert.deepEqual(decide(set, other, undefined, 0), { kind: 'order' });
  });

  it('is renewed with a third of its life left, even where its name was led elsewhere', () => {
    assert.deepEqual(decide(set, served, undefined, 59 * day), { kind: 'rest', until: 60 * day });
    assert.deepEqual(decide({ ...set, waitingFor: 'DNS' }, served, undefined, 60 * day), { kind: 'order' });
  });

  it('waits while it is known that asking is in vain', () => {
    assert.deepEqual(decide({ ...set, waitingFor: 'DNS' }, undefined, undefined, 0), { kind: 'waits' });
  });

  it('is asked for more and more seldom after refusals, at most four times within an hour', () => {
    let attempts: Attempts | undefined;
    const times: number[] = [];
    for (let at = 0; at < 3 * day; at = attempts.nextAt) {
      times.push(at);
      assert.deepEqual(decide(set, undefined, attempts, at), { kind: 'order' });
      attempts = failed(set, attempts, refusal, at, noChance);
      assert.equal(decide(set, undefined, attempts, attempts.nextAt - 1).kind, 'rest');
    }
    assert.deepEqual(
      times.slice(0, 5),
      [0, 5, 15, 35, 75].map((count) => count * minute),
    );
    assert.equal((times.at(-1) ?? 0) - (times.at(-2) ?? 0), 12 * 60 * minute);
  });

  it('is asked for at once for other hosts, which were refused nothing', () => {
    const attempts = failed(set, undefined, refusal, 0, noChance);
    assert.deepEqual(decide({ ...set, hosts: ['new.example'] }, undefined, attempts, 1), { kind: 'order' });
  });

  it('is not asked for before the authority wants to hear of it again', () => {
    const limited = { message: 'too many', type: 'rateLimited', retryAfterMs: 3 * day };
    assert.equal(failed(set, undefined, limited, 7, noChance).nextAt, 7 + 3 * day);
    assert.equal(
      failed(set, undefined, { ...limited, retryAfterMs: undefined }, 0, noChance).nextAt,
      60 * minute,
    );
  });
});

describe('how long an authority wants to be left alone', () => {
  it('is read as seconds or as a date', () => {
    assert.equal(retryAfter('120', 0), 120_000);
    assert.equal(retryAfter(new Date(5000).toUTCString(), 1000), 4000);
    for (const nothing of [null, '', 'soon', '0', '-5']) assert.equal(retryAfter(nothing, 0), undefined);
  });
});

describe('certificates that are wanted', () => {
  const domain = { id: 'd', name: 'example.com', isVerified: true } as DomainRow;
  const url = { subDomain: 'shop', domainId: 'd', path: '/', isConfigured: true } as ManagedUrlRow;
  const deployments = [
    { deploymentId: 'a', ports: [{ port: 1, hosts: ['web.apps.example', '1-a.apps.example'], members: [] }] },
  ];
  const wantedOf = (changes: Partial<Parameters<typeof certificatesWanted>[0]>) =>
    certificatesWanted({ urls: [url], domains: [domain], deployments: [], domain: 'localhost', ...changes });

  it('are one for each host under a verified domain, however many paths it has', () => {
    const twice = wantedOf({ urls: [url, { ...url, path: '/api' }] });
    assert.deepEqual(twice, [{ holder: 'url-shop.example.com', hosts: ['shop.example.com'] }]);
    assert.deepEqual(wantedOf({ domains: [{ ...domain, isVerified: false }] }), []);
  });

  it('wait for DNS in its own words', () => {
    const looked = { at: 0, records: [], message: 'There is no A record.' };
    const [one] = wantedOf({ urls: [{ ...url, isConfigured: false, looked }] });
    assert.equal(one?.waitingFor, 'There is no A record.');
  });

  it('are never those of names under localhost, and those of deployments where their domain is public', () => {
    assert.deepEqual(wantedOf({ domains: [{ ...domain, name: 'shop.localhost' }], deployments }), []);
    const hosts = ['web.apps.example', '1-a.apps.example'];
    assert.deepEqual(wantedOf({ urls: [], deployments, domain: 'apps.example' }), [{ holder: 'a', hosts }]);
  });
});
