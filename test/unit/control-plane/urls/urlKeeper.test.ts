import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import type { UrlEdge, UrlRoute } from '../../../../src/control-plane/edge/contract.ts';
import type { UrlTarget } from '../../../../src/control-plane/domain.ts';
import { DnsError } from '../../../../src/control-plane/urls/dns.ts';
import { anyTarget, publicTargets } from '../../../../src/control-plane/urls/targetAddresses.ts';
import { createUrlKeeper, type UrlKeeper } from '../../../../src/control-plane/urls/urlKeeper.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { handClock, type HandClock } from '../../../support/handClock.ts';

const redirect: UrlTarget = {
  type: 'redirect',
  url: 'example.org',
  permanentRedirect: true,
  httpOnly: false,
};
const elsewhere: UrlTarget = { type: 'proxyUrl', url: 'other.example.org/base', httpOnly: false };

/** Remembers every set of routes that it was told, and fails when the test says so. */
class FakeUrlEdge implements UrlEdge {
  readonly told: (readonly UrlRoute[])[] = [];
  failing = false;
  #kept: readonly UrlRoute[];
  #heard = Promise.withResolvers<void>();

  constructor(kept: readonly UrlRoute[] = []) {
    this.#kept = kept;
  }

  async routeUrls(routes: readonly UrlRoute[]): Promise<void> {
    if (this.failing) throw new Error('The edge is away.');
    this.#kept = routes;
    this.told.push(routes);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  routedUrls(): readonly UrlRoute[] {
    return this.#kept;
  }

  /** Resolves once it is told routes that fit. */
  async until(fits: (routes: readonly UrlRoute[]) => boolean): Promise<readonly UrlRoute[]> {
    for (;;) {
      const last = this.told.at(-1);
      if (last !== undefined && fits(last)) return last;
      await this.#heard.promise;
    }
  }
}

describe('the keeper of managed URLs', () => {
  let notary: TestNotary;
  let edge: FakeUrlEdge | undefined;
  let clock: HandClock;
  let keeper: UrlKeeper;
  let found: Map<string, readonly string[]>;
  /** Told of questions, where it is there. What it does not answer gets none. */
  let unanswered: ((host: string) => void | Promise<readonly string[]>) | undefined;

  beforeEach(() => {
    notary = memoryNotary();
    clock = handClock();
    found = new Map();
    unanswered = undefined;
  });

  afterEach(async () => {
    await keeper.stop();
    notary.store.dispose();
  });

  function start(targets = publicTargets([], () => [])): void {
    keeper = createUrlKeeper({
      notary,
      edge: () => edge,
      dns: {
        async addresses(host, { signal } = {}) {
          if (unanswered !== undefined)
            return new Promise((answer, reject) => {
              signal?.addEventListener('abort', () => reject(signal.reason as Error));
              void unanswered?.(host)?.then(answer);
            });
          const known = found.get(host);
          if (known === undefined) throw new DnsError(`${host} cannot be found (ENOTFOUND).`);
          return known;
        },
      },
      targets,
      clock,
      log: silentLog,
      chance: () => 0,
    });
    keeper.start();
  }

  /** Resolves once it rests after this many looks. */
  async function looked(times: number): Promise<void> {
    while (clock.waits.length < times) await new Promise(setImmediate);
  }

  function addDomain(name: string, isVerified = true): string {
    const id = notary.ids();
    const { workspaceId } = notary;
    notary.store.domains.put({
      id,
      workspaceId,
      name,
      isVerified,
      lastUnverifiedAt: undefined,
      looked: undefined,
      createdAt: 1,
    });
    return id;
  }

  function addUrl(domainId: string, path: string, target: UrlTarget): string {
    const id = notary.ids();
    const { workspaceId } = notary;
    const row = { id, workspaceId, subDomain: 'www', domainId, path, target, isConfigured: true };
    notary.store.managedUrls.put({ ...row, looked: undefined, createdAt: 1 });
    return id;
  }

  it('tells the edge of URLs whose domain is verified, and of every change', async () => {
    edge = new FakeUrlEdge();
    const [verified, waiting] = [addDomain('example.com'), addDomain('example.net', false)];
    const id = addUrl(verified, '/old', redirect);
    addUrl(waiting, '/', redirect);
    start();
    const [route, ...others] = await edge.until((routes) => routes.length > 0);
    assert.deepEqual([route?.id, route?.domain.name, others.length], [id, 'example.com', 0]);
    notary.store.managedUrls.delete(id);
    keeper.wake();
    await edge.until((routes) => routes.length === 0);
  });

  it('tries again when the edge could not be told', async () => {
    edge = new FakeUrlEdge();
    edge.failing = true;
    addUrl(addDomain('example.com'), '/old', redirect);
    start();
    while (clock.waits.length === 0) await new Promise(setImmediate);
    assert.ok((clock.waits[0] ?? 0) < 1000);
    edge.failing = false;
    clock.advance(1000);
    assert.equal((await edge.until(() => true)).length, 1);
  });

  it('looks other servers up, goes on with the address that it has, and says when there is none', async () => {
    edge = new FakeUrlEdge();
    const id = addUrl(addDomain('example.com'), '/', elsewhere);
    start();
    await edge.until(([route]) => route !== undefined && route.address === undefined);
    while (keeper.trouble(notary.store.managedUrls.find(id)!) === undefined) await new Promise(setImmediate);
    found.set('other.example.org', ['192.0.2.7', '192.0.2.8']);
    keeper.wake();
    await edge.until(([route]) => route?.address === '192.0.2.7');
    found.set('other.example.org', ['192.0.2.8', '192.0.2.7']);
    const before = clock.waits.length;
    clock.advance(30_000);
    while (clock.waits.length === before) await new Promise(setImmediate);
    assert.equal(edge.told.at(-1)?.[0]?.address, '192.0.2.7');
    found.set('other.example.org', ['192.0.2.8']);
    clock.advance(30_000);
    await edge.until(([route]) => route?.address === '192.0.2.8');
    assert.equal(keeper.trouble(notary.store.managedUrls.find(id)!), undefined);
  });

  it('stops while name servers are silent', async () => {
    edge = new FakeUrlEdge();
    const { promise: asked, resolve } = Promise.withResolvers<string>();
    unanswered = resolve;
    addUrl(addDomain('example.com'), '/', elsewhere);
    start();
    assert.equal(await asked, 'other.example.org');
    await keeper.stop();
  });

  it('tells the edge of changes while name servers are silent, and of what they say in the end', async () => {
    edge = new FakeUrlEdge();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<readonly string[]>();
    let times = 0;
    unanswered = () => {
      times += 1;
      resolve();
      return answer.promise;
    };
    const domain = addDomain('example.com');
    addUrl(domain, '/', elsewhere);
    start();
    await asked;
    for (const count of [2, 3, 4]) {
      addUrl(domain, `/${count}`, redirect);
      keeper.wake();
      await edge.until((routes) => routes.length === count);
    }
    answer.resolve(['192.0.2.7']);
    await edge.until((routes) => routes.some(({ address }) => address === '192.0.2.7'));
    assert.equal(times, 1, 'a host is asked about once at a time');
  });

  it('says nothing more of a server that no URL leads to', async () => {
    edge = new FakeUrlEdge();
    const domain = addDomain('example.com');
    const id = addUrl(domain, '/', elsewhere);
    const row = notary.store.managedUrls.find(id)!;
    start();
    while (keeper.trouble(row) === undefined) await new Promise(setImmediate);
    notary.store.managedUrls.delete(id);
    keeper.wake();
    await edge.until((routes) => routes.length === 0);
    while (keeper.trouble(row) !== undefined) await new Promise(setImmediate);
  });

  it('leads nobody to the machine itself unless the region is a local one', async () => {
    edge = new FakeUrlEdge();
    const id = addUrl(addDomain('example.com'), '/', elsewhere);
    found.set('other.example.org', ['127.0.0.1', '::1', '169.254.169.254']);
    start();
    while (keeper.trouble(notary.store.managedUrls.find(id)!) === undefined) await new Promise(setImmediate);
    assert.match(keeper.trouble(notary.store.managedUrls.find(id)!) ?? '', /leads to 127\.0\.0\.1, ::1, /);
    assert.ok(edge.told.every(([route]) => route?.address === undefined));
    await keeper.stop();
    start(anyTarget);
    await edge.until(([route]) => route?.address === '127.0.0.1');
  });

  it('leads nobody inside when a name that led to a public server does not any more', async () => {
    edge = new FakeUrlEdge();
    const id = addUrl(addDomain('example.com'), '/', elsewhere);
    found.set('other.example.org', ['192.0.2.7']);
    start();
    await edge.until(([route]) => route?.address === '192.0.2.7');
    await looked(1);
    found.set('other.example.org', ['10.0.0.7']);
    clock.advance(30_000);
    await edge.until(([route]) => route !== undefined && route.address === undefined);
    assert.match(keeper.trouble(notary.store.managedUrls.find(id)!) ?? '', /leads to 10\.0\.0\.7/);
    await looked(2);
    found.set('other.example.org', ['10.0.0.7', '192.0.2.8']);
    clock.advance(30_000);
    await edge.until(([route]) => route?.address === '192.0.2.8');
  });

  it('does not go on with an address inside that another control plane left', async () => {
    const domain = { id: addDomain('example.com'), name: 'example.com' };
    const id = addUrl(domain.id, '/', elsewhere);
    const left = { id, domain, subDomain: 'www', path: '/', target: elsewhere, address: '10.0.0.7' };
    edge = new FakeUrlEdge([left]);
    start();
    await edge.until(([route]) => route !== undefined && route.address === undefined);
  });

  it('takes over what the edge has when the state was lost, once', async () => {
    const domain = { id: 'd'.repeat(32), name: 'example.com' };
    const route: UrlRoute = { id: 'e'.repeat(32), domain, subDomain: '@', path: '/old', target: redirect };
    edge = new FakeUrlEdge([route]);
    start();
    await edge.until((routes) => routes.length === 1);
    assert.equal(notary.store.domains.find(domain.id)?.isVerified, true);
    assert.deepEqual(notary.store.managedUrls.find(route.id)?.target, redirect);
    notary.store.managedUrls.delete(route.id);
    keeper.wake();
    await edge.until((routes) => routes.length === 0);
    await keeper.stop();
    edge = new FakeUrlEdge([route]);
    start();
    await edge.until((routes) => routes.length === 0);
    assert.equal(notary.store.managedUrls.find(route.id), undefined);
  });
});
