import assert from 'node:assert/strict';
import {
  addressRange,
  anyTarget,
  publicTargets,
  type AddressRange,
} from '../../../../src/control-plane/urls/targetAddresses.ts';

const range = (text: string): AddressRange => addressRange(text) ?? assert.fail(text);

describe('what URLs of a public region may lead to', () => {
  const own = ['45.76.0.9', '2a00:1450::9', 'fe80::1%eth0', 'edge.example.net'];
  const rule = publicTargets([], () => own);

  for (const address of ['8.8.8.8', '45.76.0.10', '2a00:1450::a', '::ffff:8.8.8.8', '64:ff9b::808:808'])
    it(`is a public server, such as ${address}`, () => assert.ok(rule.allows(address)));

  const refused: readonly (readonly [string, readonly string[]])[] = [
    [
      'the machine, at any of its interfaces',
      ['45.76.0.9', '2a00:1450::9', '2A00:1450:0::9', '::ffff:45.76.0.9'],
    ],
    ['its loopback', ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1', '::127.0.0.1']],
    [
      'its link, with the metadata of a cloud',
      ['169.254.169.254', 'fe80::2', 'fe80::2%eth0', '168.63.129.16'],
    ],
    [
      'private networks',
      ['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.1.1', 'fd00:ec2::254', 'fec0::1'],
    ],
    ['networks that are shared or set apart', ['100.64.0.1', '100.100.100.200', '192.0.0.192', '198.18.0.1']],
    ['many at once', ['224.0.0.1', '255.255.255.255', 'ff02::1']],
    [
      'one of these in another coat',
      [
        '::ffff:10.0.0.1',
        '::ffff:a9fe:a9fe',
        '64:ff9b::a00:1',
        '2002:a00:1::',
        '2001:0:a00:1::',
        '64:ff9b:1::a00:1',
      ],
    ],
    ['what is no address', ['', '0', '10.1', 'localhost', '1.2.3.4.5']],
  ];
  for (const [what, addresses] of refused) {
    it(`is not ${what}`, () => {
      for (const address of addresses) assert.ok(!rule.allows(address), address);
    });
  }

  it('is what its operator allows as well, and nothing beside it', () => {
    const wider = publicTargets([range('10.1.0.0/16'), range('fd00::/8'), range('45.76.0.9')], () => own);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1', '45.76.0.9', '8.8.8.8'])
      assert.ok(wider.allows(address), address);
    for (const address of ['10.2.0.1', '127.0.0.1', 'fe80::1', '2a00:1450::9'])
      assert.ok(!wider.allows(address), address);
  });

  it('follows the machine when it has another address', () => {
    let now = ['45.76.0.9'];
    const following = publicTargets([], () => now);
    assert.ok(following.allows('45.76.0.77'));
    now = ['45.76.0.77'];
    assert.ok(!following.allows('45.76.0.77'));
  });

  it('is anything where the region serves its own machine alone', () =>
    assert.ok(anyTarget.allows('127.0.0.1')));

  it('is allowed by networks and addresses, and by nothing else', () => {
    assert.deepEqual(range('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8 });
    assert.deepEqual(range('fd00::1'), { address: 'fd00::1', prefix: 128 });
    for (const bad of [
      '',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      'host/8',
      'fe80::1%eth0',
    ])
      assert.equal(addressRange(bad), undefined, bad);
  });
});
