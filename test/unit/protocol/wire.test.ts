import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as v from 'valibot';
import {
  base64,
  digest,
  formatTimestamp,
  imageTag,
  parseTimestamp,
  portKey,
  queryBoolean,
  queryInteger,
  repositoryName,
  resourceName,
  toWireUuid,
  uuid,
} from '../../../src/protocol/wire.ts';

const accepts = (schema: v.GenericSchema, value: unknown) => v.safeParse(schema, value).success;

describe('timestamps', () => {
  it('come back as they were written, to the millisecond', () => {
    const years = fc.date({
      min: new Date(0),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(years, (date) => parseTimestamp(formatTimestamp(date.getTime())) === date.getTime()),
    );
  });

  const known: [string, string | number, number | undefined][] = [
    ['the present grammar', '2024-10-22 09:15:04.123456 +00:00:00', Date.UTC(2024, 9, 22, 9, 15, 4, 123)],
    ['the epoch as upstream writes it', '1970-01-01 00:00:00.0 +00:00:00', 0],
    ['an hour of one digit', '2024-10-22 9:15:04.5 +00:00:00', Date.UTC(2024, 9, 22, 9, 15, 4, 500)],
    ['another zone', '2024-10-22 09:15:04.1 +05:30:00', Date.UTC(2024, 9, 22, 3, 45, 4, 100)],
    ['no fraction', '2024-10-22 09:15:04 +00:00', Date.UTC(2024, 9, 22, 9, 15, 4)],
    ['RFC 2822', 'Fri, 15 May 2015 00:00:00 +0000', Date.UTC(2015, 4, 15)],
    ['epoch milliseconds', 1_700_000_000_000, 1_700_000_000_000],
    ['text that is no date', 'yesterday', undefined],
    ['a number that is none', Number.NaN, undefined],
  ];
  for (const [what, text, time] of known) {
    it(`reads ${what}`, () => assert.equal(parseTimestamp(text), time));
  }

  it('never invents a date', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const time = parseTimestamp(text);
        return time === undefined || Number.isFinite(time);
      }),
    );
  });
});

describe('ids', () => {
  it('lose their hyphens and are accepted in that form only', () => {
    fc.assert(fc.property(fc.uuid(), (id) => accepts(uuid, toWireUuid(id)) && !accepts(uuid, id)));
    assert.equal(accepts(uuid, 'A'.repeat(32)), false);
    assert.equal(accepts(uuid, `${'a'.repeat(32)}\n`), false);
  });
});

describe('base64', () => {
  it('is whatever Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        accepts(base64, Buffer.from(bytes).toString('base64')),
      ),
    );
  });

  it('is padded, standard and nothing else', () => {
    for (const text of ['YQ', 'YQ=', 'Y===', '_-==', 'YQ==\n', ' YQ==', '====']) {
      assert.equal(accepts(base64, text), false, JSON.stringify(text));
    }
  });
});

describe('names', () => {
  it('are trimmed and have 4 to 255 plain characters', () => {
    assert.equal(v.parse(resourceName, '  shop api '), 'shop api');
    for (const bad of ['abc', 'a'.repeat(256), 'shop/api', 'büro', '    a    ', 'shop\napi']) {
      assert.equal(accepts(resourceName, bad), false, bad);
    }
  });

  it('of repositories are what Docker can address', () => {
    for (const good of ['a', 'shop', 'team/shop-api', 'a__b', 'a.b', 'x--y/z']) {
      assert.equal(accepts(repositoryName, good), true, good);
    }
    for (const bad of ['Shop', 'a b', '-a', 'a-', 'a//b', '/a', 'a/', 'a___b', '..', 'a..b']) {
      assert.equal(accepts(repositoryName, bad), false, bad);
    }
  });

  it('of tags are lower-cased', () => {
    assert.equal(v.parse(imageTag, ' V1.2-RC '), 'v1.2-rc');
    for (const bad of ['', '.a', '-a', 'a'.repeat(129), 'a:b', 'a/b']) {
      assert.equal(accepts(imageTag, bad), false, bad);
    }
  });
});

describe('numbers', () => {
  it('of ports are 1 to 65535 in plain decimal digits', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 65535 }), (port) => accepts(portKey, String(port))));
    for (const bad of ['0', '65536', '080', '8080.0', '1e3', '-1', ' 80', '', '99999']) {
      assert.equal(accepts(portKey, bad), false, bad);
    }
  });

  it('in queries are whole and within bounds', () => {
    const schema = queryInteger(1, 100);
    assert.equal(v.parse(schema, '25'), 25);
    assert.equal(v.parse(schema, 25), 25);
    for (const bad of ['', '0', '101', '2.5', 'many', 'NaN', 'Infinity', ' ']) {
      assert.equal(accepts(schema, bad), false, JSON.stringify(bad));
    }
  });

  it('are never truth values', () => {
    assert.equal(v.parse(queryBoolean, 'true'), true);
    assert.equal(v.parse(queryBoolean, 'false'), false);
    for (const bad of ['1', 'yes', '', 'TRUE']) assert.equal(accepts(queryBoolean, bad), false, bad);
  });

  it('of digests are 64 lower-case digits', () => {
    assert.equal(accepts(digest, `sha256:${'a'.repeat(64)}`), true);
    for (const bad of [`sha256:${'A'.repeat(64)}`, 'sha256:abc', 'a'.repeat(64), `md5:${'a'.repeat(64)}`]) {
      assert.equal(accepts(digest, bad), false, bad);
    }
  });
});
