import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLog } from '../../../../src/base/log.ts';
import type { HostSet } from '../../../../src/control-plane/acme/decide.ts';
import { AcmeKeeper, type CertificateEdge } from '../../../../src/control-plane/acme/keeper.ts';
import { accountKey, openAcmeMemory } from '../../../../src/control-plane/acme/memory.ts';
import { AcmeRefusal } from '../../../../src/control-plane/acme/transport.ts';
import { issue, makeAuthority } from '../../../../src/control-plane/tls/authority.ts';
import { handClock } from '../../../support/handClock.ts';

const directory = 'https://acme.example/directory';
const nothingServed: CertificateEdge = {
  present: async () => undefined,
  withdraw: async () => undefined,
  publicCertificate: async () => undefined,
  publicHolders: async () => [],
  putPublicCertificate: async () => undefined,
  removePublicCertificate: async () => undefined,
};
const setOf = (host: string): HostSet => ({ holder: `url-${host}`, hosts: [host] });

describe('the keeper of certificates', () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'patr-acme-'));
  });
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  async function refusedOnce(error: Error, ...sets: readonly HostSet[]) {
    const asked: string[] = [];
    const keeper = new AcmeKeeper({
      wanted: () => sets,
      edge: () => nothingServed,
      authority: {
        async order([host]) {
          asked.push(host);
          throw error;
        },
      },
      memory: await openAcmeMemory(stateDir, directory),
      clock: systemClock,
      log: silentLog,
      chance: () => 0,
    });
    const settled = Promise.withResolvers<void>();
    keeper.onChange(() => {
      const states = sets.map(({ holder }) => keeper.state(holder)?.message);
      if (states.every((message) => message !== undefined)) settled.resolve();
    });
    keeper.start();
    return { keeper, asked, settled: settled.promise };
  }

  it('asks for nothing more, of any host and over a restart, while the authority wants to be left alone', async () => {
    const limited = new AcmeRefusal('too many new orders', 'rateLimited', 7_200_000);
    const first = await refusedOnce(limited, setOf('a.example'));
    await first.settled;
    await first.keeper.stop();
    assert.deepEqual(first.asked, ['a.example']);
    assert.equal(first.keeper.state('url-a.example')?.state, 'failed');
    const later = await refusedOnce(limited, setOf('a.example'));
    await later.settled;
    await later.keeper.stop();
    assert.deepEqual(later.asked, []);
    const memory = await openAcmeMemory(stateDir, directory);
    assert.ok(memory.quietUntil() > Date.now() + 7_000_000);
    assert.equal((await openAcmeMemory(stateDir, 'https://other.example/')).quietUntil(), 0);
  });

  it("tells that a name leads elsewhere in the authority's words, and goes on with the next one", async () => {
    const error = new AcmeRefusal('no A record found for it', 'dns', undefined);
    const { keeper, asked, settled } = await refusedOnce(error, setOf('a.example'), setOf('b.example'));
    await settled;
    await keeper.stop();
    assert.deepEqual(asked, ['a.example', 'b.example']);
    const state = keeper.state('url-b.example');
    assert.deepEqual([state?.state, state?.message], ['waitingForDns', 'no A record found for it']);
    assert.ok(state?.nextTry !== undefined);
  });

  it('asks no sooner than after a failure for what is due to be renewed as soon as it is issued', async () => {
    const set = setOf('a.example');
    const issued = await issue(await makeAuthority('local', 'example', 0), set.hosts, 0);
    const pem = `${issued.certificate}\n${issued.key}`;
    const clock = handClock();
    let [orders, kept] = [0, undefined as string | undefined];
    const keeper = new AcmeKeeper({
      wanted: () => [set],
      edge: () => ({
        ...nothingServed,
        publicCertificate: async () => kept,
        putPublicCertificate: async (_holder, _hosts, given) => void (kept = given),
      }),
      authority: {
        async order() {
          orders += 1;
          await new Promise(setImmediate);
          return pem;
        },
      },
      memory: await openAcmeMemory(stateDir, directory),
      clock,
      log: silentLog,
      chance: () => 0,
    });
    keeper.start();
    while (clock.waits.length === 0 && orders < 3) await new Promise(setImmediate);
    await keeper.stop();
    assert.deepEqual([orders, kept], [1, pem]);
    assert.match(keeper.state(set.holder)?.message ?? '', /clock of this machine/);
    assert.ok((clock.waits[0] ?? 0) >= 60_000);
  });

  it('goes on with other names when the edge does not take the certificate of one', async () => {
    const [bad, good] = [setOf('a.example'), setOf('b.example')];
    const issued = await issue(await makeAuthority('local', 'example', Date.now()), bad.hosts, Date.now());
    const asked = Promise.withResolvers<string>();
    const keeper = new AcmeKeeper({
      wanted: () => [bad, good],
      edge: () => ({
        ...nothingServed,
        publicCertificate: async (holder) => (holder === bad.holder ? issued.certificate : undefined),
        putPublicCertificate: () => Promise.reject(new Error('The edge refused it.')),
      }),
      authority: {
        async order([host]) {
          asked.resolve(host);
          throw new AcmeRefusal('not today', '', undefined);
        },
      },
      memory: await openAcmeMemory(stateDir, directory),
      clock: systemClock,
      log: silentLog,
      chance: () => 0,
    });
    keeper.start();
    assert.equal(await asked.promise, 'b.example');
    await keeper.stop();
  });

  it('looks again at once when what is wanted has changed, and not when something else has', async () => {
    const asked: string[] = [];
    let sets: readonly HostSet[] = [setOf('a.example')];
    const clock = handClock();
    const keeper = new AcmeKeeper({
      wanted: () => sets,
      edge: () => nothingServed,
      authority: {
        async order([host]) {
          asked.push(host);
          throw new AcmeRefusal('not today', '', undefined);
        },
      },
      memory: await openAcmeMemory(stateDir, directory),
      clock,
      log: silentLog,
      chance: () => 0,
    });
    const looks = async (count: number): Promise<void> => {
      while (clock.waits.length < count) await new Promise(setImmediate);
    };
    keeper.start();
    await looks(1);
    keeper.wakeIfChanged();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    assert.equal(clock.waits.length, 1);
    sets = [...sets, setOf('b.example')];
    keeper.wakeIfChanged();
    await looks(2);
    await keeper.stop();
    assert.deepEqual(asked, ['a.example', 'b.example']);
  });

  it("keeps the account's key for its owner alone, and makes it once", async () => {
    const made = await accountKey(stateDir, async () => 'first');
    assert.equal(await accountKey(stateDir, async () => 'second'), made);
    assert.equal((await stat(join(stateDir, 'acme-account.key'))).mode & 0o777, 0o600);
  });
});
