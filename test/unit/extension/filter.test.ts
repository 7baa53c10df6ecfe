import assert from 'node:assert/strict';
import { filtered } from '../../../src/extension/tree/filter.ts';
import { aDeployment } from '../../support/fakePatrState.ts';

describe('a filter of deployments', () => {
  const some = [
    aDeployment({ id: '1', name: 'Web Shop' }),
    aDeployment({ id: '2', name: 'web site', status: 'errored', imageTag: 'next' }),
    aDeployment({
      id: '3',
      name: 'api',
      addresses: [{ port: 53, type: 'udp', host: 'dns.example', publicPort: 1 }],
    }),
  ];
  const names = (filter: string): readonly string[] => filtered(some, filter).map(({ name }) => name);

  it('keeps all when nothing is typed', () => {
    assert.equal(filtered(some, '  '), some);
  });

  it('wants every word, wherever it stands and however it is written', () => {
    assert.deepEqual(names('WEB'), ['Web Shop', 'web site']);
    assert.deepEqual(names('errored web'), ['web site']);
    assert.deepEqual(names('next'), ['web site']);
    assert.deepEqual(names('web-shop.localhost'), ['Web Shop']);
    assert.deepEqual(names('dns.example'), ['api']);
    assert.deepEqual(names('web nothing'), []);
  });
});
