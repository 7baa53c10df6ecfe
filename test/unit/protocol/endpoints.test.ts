import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fillPath, type Endpoint } from '../../../src/protocol/endpoint.ts';
import { endpoints } from '../../../src/protocol/endpoints.ts';

const table: [string, Endpoint][] = Object.entries(endpoints);

describe('the endpoint table', () => {
  it('has every method and path once', () => {
    const routes = table.map(([, { method, path }]) => `${method} ${path.replaceAll(/:\w+/g, ':')}`);
    assert.equal(new Set(routes).size, routes.length);
  });

  it('has literal paths before those that would swallow them', () => {
    for (const [index, [name, { method, path }]] of table.entries()) {
      const swallowed = table
        .slice(0, index)
        .filter(([, before]) => before.method === method && matches(before.path, path));
      assert.deepEqual(
        swallowed.map(([other]) => other),
        [],
        name,
      );
    }
  });

  it('has no body where HTTP has none, and pages only in lists', () => {
    for (const [name, endpoint] of table) {
      if (endpoint.method === 'GET' || endpoint.method === 'DELETE') {
        assert.equal(endpoint.body, undefined, name);
      }
      if (endpoint.paged) {
        assert.equal(endpoint.method, 'GET', name);
        assert.notEqual(endpoint.query, undefined, name);
      }
      if (endpoint.status === 205) assert.equal(endpoint.returns, undefined, name);
    }
  });

  it("answers Patr's endpoints with Patr's statuses", () => {
    const statuses = Object.fromEntries(table.map(([name, { status }]) => [name, status]));
    assert.deepEqual(
      {
        create: statuses['createDeployment'],
        update: statuses['updateDeployment'],
        delete: statuses['deleteDeployment'],
        start: statuses['startDeployment'],
        stop: statuses['stopDeployment'],
        revert: statuses['revertDeployment'],
        createRepository: statuses['createRepository'],
        deleteRepository: statuses['deleteRepository'],
      },
      {
        create: 201,
        update: 202,
        delete: 205,
        start: 200,
        stop: 202,
        revert: 202,
        createRepository: 201,
        deleteRepository: 200,
      },
    );
  });

  it('asks for a token everywhere but for machine types', () => {
    const open = table.filter(([, { auth }]) => auth === 'none').map(([name]) => name);
    assert.deepEqual(open, ['listMachineTypes']);
  });
});

describe('a path', () => {
  it('keeps every value in its own segment', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), (value) => {
        const path = fillPath('/a/:b/c', { b: value });
        const segments = path.split('/');
        return segments.length === 4 && decodeURIComponent(segments[2]!) === value;
      }),
    );
  });

  it('is not made when a value is missing', () => {
    assert.throws(() => fillPath('/a/:b', {}), /needs a value for b/);
    assert.throws(() => fillPath('/a/:b', { b: '' }), /needs a value for b/);
  });

  it('carries a digest', () => {
    assert.equal(fillPath('/h/:digest/revert', { digest: 'sha256:ab' }), '/h/sha256%3Aab/revert');
  });
});

/** Whether a request for `path` would be taken by the route `pattern`. */
function matches(pattern: string, path: string): boolean {
  const left = pattern.split('/');
  const right = path.split('/');
  return left.length === right.length && left.every((part, at) => part.startsWith(':') || part === right[at]);
}
