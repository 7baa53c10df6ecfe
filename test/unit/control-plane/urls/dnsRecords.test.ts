import assert from 'node:assert/strict';
import {
  answerKey,
  domainRecord,
  hostRecords,
  judge,
  questionsFor,
  sentenceOf,
} from '../../../../src/control-plane/urls/dnsRecords.ts';
import type { DnsRecordType } from '../../../../src/protocol/shapes/domain.ts';

type Told = readonly (readonly [DnsRecordType, string, readonly string[]])[];

const answers = (told: Told) =>
  new Map(told.map(([type, name, values]) => [answerKey(type, name), values] as const));
const host = 'app.example.com';

describe('records of DNS', () => {
  it('of a domain: its id, among whatever else is there', () => {
    const wanted = [domainRecord({ id: 'a1', name: 'example.com' })];
    const judged = (...values: string[]) =>
      judge(wanted, answers([['TXT', 'patrVerify.example.com', values]]));
    assert.equal(sentenceOf(judged('v=spf1', 'a1')), undefined);
    assert.equal(sentenceOf(judged()), 'There is no TXT record at patrVerify.example.com. It has to be a1.');
    assert.equal(
      sentenceOf(judged('b2')),
      'The TXT record at patrVerify.example.com is b2. It has to be a1.',
    );
  });

  it('of a host: every address of the region, and none elsewhere', () => {
    const wanted = hostRecords(host, ['203.0.113.5', '2001:db8::5']);
    assert.deepEqual(
      wanted.map(({ type }) => type),
      ['A', 'AAAA'],
    );
    const judged = judge(wanted, answers([['A', host, ['203.0.113.5', '198.51.100.1']]]));
    assert.deepEqual(
      judged.map(({ present, found }) => [present, found]),
      [
        [false, ['203.0.113.5', '198.51.100.1']],
        [false, []],
      ],
    );
    assert.equal(
      sentenceOf(judged),
      `${host} leads to 198.51.100.1 as well. Remove the other A record. There is no AAAA record at ${host}. It has to be 2001:db8::5.`,
    );
  });

  it('of a host: two addresses of the region do not exclude each other', () => {
    const wanted = hostRecords(host, ['203.0.113.5', '203.0.113.6']);
    const found = answers([['A', host, ['203.0.113.6', '203.0.113.5']]]);
    assert.equal(sentenceOf(judge(wanted, found)), undefined);
  });

  it('of a host: an alias of the region, or the addresses that the region has', () => {
    const wanted = hostRecords(host, ['edge.example.net']);
    assert.deepEqual(questionsFor(wanted), [
      { type: 'CNAME', name: host },
      { type: 'A', name: host },
      { type: 'A', name: 'edge.example.net' },
    ]);
    const region = ['A', 'edge.example.net', ['203.0.113.5']] as const;
    const judged = (...told: Told) => sentenceOf(judge(wanted, answers([region, ...told])));
    assert.equal(judged(['CNAME', host, ['edge.example.net']]), undefined);
    assert.equal(judged(['A', host, ['203.0.113.5']]), undefined);
    assert.match(
      judged(['A', host, ['198.51.100.1']]) ?? '',
      /is 198\.51\.100\.1\. It has to be edge\.example\.net/,
    );
    assert.match(judged() ?? '', /There is no CNAME record/);
  });
});
