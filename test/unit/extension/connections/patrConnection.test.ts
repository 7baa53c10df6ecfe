import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { silentLog } from '../../../../src/base/log.ts';
import { openSocket } from '../../../../src/client/socket.ts';
import type { ConnectionState } from '../../../../src/extension/connections/connection.ts';
import { KeptTrust } from '../../../../src/extension/connections/keptTrust.ts';
import { PatrConnection } from '../../../../src/extension/connections/patrConnection.ts';
import { Ways } from '../../../../src/extension/connections/ways.ts';
import { MemoryOfWindows } from '../../../support/connections.ts';
import { faultyServer } from '../../../support/faultyServer.ts';
import { startCurrent } from '../../../support/patr/current.ts';
import type { PatrDouble } from '../../../support/patr/double.ts';
import { startLegacy } from '../../../support/patr/legacy.ts';
import { startRewrite } from '../../../support/patr/rewrite.ts';
import { selfSigned, TlsFront } from '../../../support/tls.ts';

describe('the connection to a workspace of Patr', () => {
  let patr: PatrDouble;
  let token: string | undefined;
  let trust: KeptTrust;
  let ways: Ways;
  const made: PatrConnection[] = [];

  const open = (
    changes: { url?: string; workspaceId?: string } = {},
  ): { connection: PatrConnection; told: string[] } => {
    const { url = patr.url, workspaceId = patr.world.workspaceId } = changes;
    const place = { url, workspaceId, accountId: 'asha', name: 'acme' };
    const connection = new PatrConnection({ place, token: async () => token, ways, trust, log: silentLog });
    made.push(connection);
    const told: string[] = [];
    connection.onChange(() => told.push(connection.state().kind));
    return { connection, told };
  };
  const messageOf = (state: ConnectionState): string => ('message' in state ? state.message : '');

  beforeEach(async () => {
    patr = await startCurrent();
    token = patr.world.token;
    trust = new KeptTrust(new MemoryOfWindows());
    ways = new Ways({ trust, openSocket, registryOf: () => undefined, userAgent: 'patr-vscode/test' });
  });
  afterEach(async () => {
    for (const one of made.splice(0)) one.dispose();
    ways.dispose();
    await patr.stop();
  });

  it('asks nothing before somebody looks', () => {
    assert.equal(open().connection.state().kind, 'looking');
    assert.deepEqual(patr.asked, []);
  });

  for (const [generation, start] of Object.entries({
    current: startCurrent,
    rewrite: startRewrite,
    legacy: startLegacy,
  })) {
    it(`connects to a server of the ${generation} generation, and knows its regions`, async () => {
      await patr.stop();
      patr = await start();
      const { connection } = open();
      await connection.look();
      const state = connection.state();
      assert.ok(state.kind === 'connected', messageOf(state));
      assert.equal(state.target.backend.generation, generation);
      assert.equal(state.target.workspaceId, patr.world.workspaceId);
      assert.equal(state.target.token, token);
      assert.ok(state.regions.some(({ id }) => id === patr.world.runnerId));
    });
  }

  it('learns once what the server is, and asks for its regions alone after that', async () => {
    const { connection, told } = open();
    await connection.look();
    const first = connection.state();
    patr.asked.length = 0;
    await connection.look();
    const second = connection.state();
    assert.ok(first.kind === 'connected' && second.kind === 'connected');
    assert.equal(first.target, second.target);
    assert.deepEqual(told, ['connected']);
    assert.ok(
      patr.asked.every((line) => line.includes('/runner')),
      patr.asked.join(', '),
    );
  });

  it('is signed out without a token, and asks nobody', async () => {
    token = undefined;
    const { connection } = open();
    await connection.look();
    assert.equal(connection.state().kind, 'signedOut');
    assert.match(messageOf(connection.state()), /Sign in/);
    assert.deepEqual(patr.asked, []);
  });

  it('is signed out when the token is refused, and back with the next one', async () => {
    const { connection, told } = open();
    await connection.look();
    const good = token;
    for (const bad of [`patrv1.${'0'.repeat(32)}.${'1'.repeat(32)}`, 'nonsense']) {
      token = bad;
      await connection.look();
      assert.equal(connection.state().kind, 'signedOut', bad);
      assert.match(messageOf(connection.state()), /does not take your API token any more: it is/);
      assert.ok(!messageOf(connection.state()).includes(bad));
    }
    token = good;
    await connection.look();
    assert.equal(told.at(0), 'connected');
    assert.equal(told.at(-1), 'connected');
  });

  it('is signed out as soon as anything is refused for its token, whoever asked', async () => {
    const { connection, told } = open();
    await connection.look();
    const state = connection.state();
    assert.ok(state.kind === 'connected');
    patr.world.token = `patrv1.${'0'.repeat(32)}.${'1'.repeat(32)}`;
    const params = { workspaceId: patr.world.workspaceId };
    await assert.rejects(state.target.api.listVolumes({ params, query: { count: 1, page: 0 } }));
    await connection.look();
    assert.deepEqual(told, ['connected', 'signedOut']);
  });

  it('does not take what was found with the token before for what is now', async () => {
    const { connection } = open();
    const first = connection.look();
    token = undefined;
    await connection.lookAnew();
    await first;
    assert.equal(connection.state().kind, 'signedOut');
  });

  it('says which workspace is not there any more', async () => {
    const { connection } = open({ workspaceId: '0'.repeat(32) });
    await connection.look();
    assert.equal(connection.state().kind, 'failed');
    assert.match(messageOf(connection.state()), /“acme”.*Connect to another one/);
  });

  it('is unreachable while nobody answers, and finds out anew what the server is when it is back', async () => {
    const away = await faultyServer();
    const { url } = away;
    away.next((response) => void response.destroy());
    const { connection, told } = open({ url });
    await connection.look();
    assert.equal(connection.state().kind, 'unreachable');
    assert.match(messageOf(connection.state()), /cannot be reached/);
    const heard = patr;
    away.next(async (response, { path, headers }) => {
      const answer = await fetch(`${heard.url}${path}`, { headers: headers as Record<string, string> });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    await connection.look();
    assert.deepEqual(told, ['unreachable', 'connected'], messageOf(connection.state()));
    await away.close();
  });

  it('refuses a certificate that the machine does not trust, until it is pinned, and another one after that', async () => {
    const [own, other] = [await selfSigned('a', ['127.0.0.1']), await selfSigned('a', ['127.0.0.1'])];
    const front = await TlsFront.start(patr.url, own);
    try {
      const { connection } = open({ url: front.url });
      await connection.look();
      assert.equal(connection.state().kind, 'certificateRefused');
      assert.match(messageOf(connection.state()), /signed by itself.*nothing is sent/);
      assert.equal(front.heard, 0);
      const { host } = new URL(front.url);
      assert.equal(connection.description, host);

      const pem = own.certificate;
      await trust.pin(front.url, { sha256: new X509Certificate(pem).fingerprint256, pem });
      await connection.lookAnew();
      assert.equal(connection.state().kind, 'connected', messageOf(connection.state()));
      assert.equal(connection.description, `${host} · self-signed, pinned`);

      front.show(other);
      await connection.look();
      assert.equal(connection.state().kind, 'certificateRefused');
      assert.match(messageOf(connection.state()), /another one than the one that you trust/);
    } finally {
      await front.stop();
    }
  });

  it('says nothing more when it has ended', async () => {
    const { connection, told } = open();
    const looking = connection.look();
    connection.dispose();
    await looking;
    assert.deepEqual(told, []);
    assert.equal(connection.state().kind, 'looking');
  });
});
