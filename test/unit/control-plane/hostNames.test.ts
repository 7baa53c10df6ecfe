import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressesOf, hostsByPort, nameLabel } from '../../../src/control-plane/hostNames.ts';

const id = 'a'.repeat(32);

describe('host names', () => {
  it('of any name are one DNS label, or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const label = nameLabel(name);
        return label === undefined || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label);
      }),
    );
  });

  const labels: [string, string | undefined][] = [
    ['Shop API', 'shop-api'],
    ['shop_api.v2', 'shop-api-v2'],
    ['--shop--', 'shop'],
    ['....', undefined],
    [`${'a'.repeat(62)}  b`, 'a'.repeat(62)],
    [`8080-${id}`, undefined],
  ];
  for (const [name, label] of labels) {
    it(`of ${JSON.stringify(name)} are ${label ?? 'none'}`, () => assert.equal(nameLabel(name), label));
  }

  it('lead with the name on the first http port, and always have one per port', () => {
    const hosts = hostsByPort({
      deploymentId: id,
      hostLabel: 'shop',
      ports: { 9000: 'http', 80: 'http', 53: 'udp' },
      domain: 'localhost',
    });
    assert.deepEqual(Array.from(hosts), [
      [80, ['shop.localhost', `80-${id}.localhost`]],
      [9000, [`9000-${id}.localhost`]],
    ]);
  });

  it('make addresses while the edge is up, and for published ports', () => {
    const named = {
      deploymentId: id,
      hostLabel: undefined,
      ports: { 80: 'http', 5432: 'tcp' },
      domain: 'localhost',
    } as const;
    assert.deepEqual(addressesOf(named, undefined), []);
    const edge = { httpPort: 80, httpsPort: 443 };
    const at = (hostAddress: string, hostPort: number) => [{ port: 5432, hostAddress, hostPort }];
    assert.deepEqual(addressesOf(named, edge, at('127.0.0.1', 49153)), [
      { port: 80, type: 'http', url: `http://80-${id}.localhost` },
      { port: 80, type: 'http', url: `https://80-${id}.localhost` },
      { port: 5432, type: 'tcp', host: '127.0.0.1', publicPort: 49153 },
    ]);
    const [first, second] = [...at('0.0.0.0', 20000), ...at('0.0.0.0', 20001)];
    assert.deepEqual(addressesOf(named, undefined, [first!, second!], 'edge.example.net'), [
      { port: 5432, type: 'tcp', host: 'edge.example.net', publicPort: 20000 },
      { port: 5432, type: 'tcp', host: 'edge.example.net', publicPort: 20001 },
    ]);
  });
});
