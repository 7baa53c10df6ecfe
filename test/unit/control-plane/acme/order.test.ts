import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  acmeAuthority,
  type AcmeAuthority,
  type Challenges,
} from '../../../../src/control-plane/acme/order.ts';
import { AcmeRefusal, AcmeUnreachable } from '../../../../src/control-plane/acme/transport.ts';
import { startAcmeDouble, type AcmeDouble } from '../../../support/acmeDouble.ts';
import { handClock } from '../../../support/handClock.ts';

const hosts = ['a.example', 'b.example'] as const;

describe('an order at a certificate authority', () => {
  let server: AcmeDouble;
  let authority: AcmeAuthority;
  let present: string[];
  /** Tokens that the edge cannot be told to forget. */
  let stuck: Set<string>;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { signal } = new AbortController();
  const challenges: Challenges = {
    async present(token) {
      present.push(token);
    },
    async withdraw(token) {
      if (stuck.has(token)) throw new Error('The edge is away.');
      present = present.filter((one) => one !== token);
    },
  };

  beforeEach(async () => {
    server = await startAcmeDouble();
    [present, stuck] = [[], new Set()];
    const account = { directory: server.directory, contact: undefined, key };
    const clock = handClock(180_000);
    authority = acmeAuthority({ account, clock, roots: undefined, userAgent: 'test' });
  });
  afterEach(() => server.close());

  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof AcmeRefusal && message.test(error.message);

  it('that is refused says why, also when the edge cannot be told to forget an answer', async () => {
    server.status = 'invalid';
    stuck.add('token-0');
    await assert.rejects(authority.order(hosts, challenges, { signal }), refused(/a\.example could not be/));
    assert.deepEqual(present, ['token-0'], 'the others are withdrawn all the same');
    stuck.clear();
    await assert.rejects(authority.order(['c.example'], challenges, { signal }));
    assert.deepEqual(present, [], 'and that one with the next order');
  });

  it('makes the account anew when the authority has forgotten it', async () => {
    server.status = 'invalid';
    const order = (): Promise<string> => authority.order(hosts, challenges, { signal });
    const accounts = (): number => server.asked.filter((path) => path === '/account/new').length;
    await assert.rejects(order(), refused(/could not be/));
    await assert.rejects(order(), refused(/could not be/));
    assert.equal(accounts(), 1);
    server.instead = (nonce) => {
      server.instead = (response) => {
        const type = 'urn:ietf:params:acme:error:accountDoesNotExist';
        response.writeHead(400, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify({ type, detail: 'There is no such account.' }));
      };
      nonce.setHeader('replay-nonce', 'abc').end();
    };
    await assert.rejects(order(), refused(/no such account/));
    await assert.rejects(order(), refused(/could not be/));
    assert.equal(accounts(), 2);
  });

  it('is given up when the authority asks for more patience than an order has', async () => {
    for (const retryAfter of ['999999999', '2592000']) {
      server.retryAfter = retryAfter;
      const asking = authority.order(hosts, challenges, { signal });
      await assert.rejects(asking, (error: unknown) => {
        assert.ok(error instanceof AcmeRefusal);
        assert.equal(error.retryAfterMs, Number(retryAfter) * 1000);
        return true;
      });
    }
    const looks = server.asked.filter((path) => path === '/authz/0').length;
    assert.ok(looks <= 4, `it was asked for ${looks} times`);
    assert.deepEqual(present, []);
  });

  it('reads no more of an answer than it can be', async () => {
    server.instead = (response) => {
      const block = Buffer.alloc(256 * 1024, ' ');
      const more = (): void => {
        if (response.destroyed) return;
        if (response.write(block)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    };
    await assert.rejects(
      authority.order(hosts, challenges, { signal }),
      (error: unknown) => error instanceof AcmeUnreachable && /answers too much/.test(error.message),
    );
  });
});
