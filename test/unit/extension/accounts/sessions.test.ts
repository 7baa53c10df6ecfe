import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { PatrAuthentication } from '../../../../src/extension/accounts/authentication.ts';
import {
  Sessions,
  type PatrSession,
  type SessionsChange,
} from '../../../../src/extension/accounts/sessions.ts';
import { KeyStore } from '../../../support/keyStore.ts';

const cloud = 'https://api.patr.cloud';
const aSession = (userName: string, url = cloud): PatrSession => ({
  id: `${userName} ${url}`,
  url,
  userName,
  token: `patrv1.${userName}.1`,
});

describe('sessions', () => {
  let store: KeyStore;
  const open = (): { sessions: Sessions; told: SessionsChange[] } => {
    const sessions = new Sessions(store, silentLog);
    const told: SessionsChange[] = [];
    sessions.onChange((change) => told.push(change));
    return { sessions, told };
  };

  beforeEach(() => {
    store = new KeyStore();
  });

  it('are nobody at first', async () => {
    assert.deepEqual(await open().sessions.all(), []);
  });

  it('are kept over windows, one token for each account', async () => {
    const { sessions, told } = open();
    await sessions.put(aSession('asha'));
    await sessions.put(aSession('ben'));
    await sessions.put({ ...aSession('asha'), token: 'patrv1.asha.2' });
    const after = await open().sessions.all();
    assert.deepEqual(
      after.map(({ token }) => token),
      ['patrv1.asha.2', 'patrv1.ben.1'],
    );
    assert.deepEqual(
      told.map(({ added, changed }) => [added.length, changed.length]),
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
    );
  });

  it('are told once in the window where they change, and in every other one', async () => {
    const [here, there] = [open(), open()];
    await there.sessions.all();
    await here.sessions.put(aSession('asha'));
    await here.sessions.remove(aSession('asha').id);
    await there.sessions.all();
    for (const { told } of [here, there])
      assert.deepEqual(
        told.map(({ added, removed }) => [added.length, removed.length]),
        [
          [1, 0],
          [0, 1],
        ],
      );
    assert.deepEqual(store.names(), []);
  });

  it('are none where what is stored cannot be read', async () => {
    await store.store('patr.sessions', 'nonsense');
    assert.deepEqual(await open().sessions.all(), []);
  });

  it('are not lost when two change at once', async () => {
    const { sessions } = open();
    await Promise.all([sessions.put(aSession('asha')), sessions.put(aSession('ben'))]);
    assert.equal((await sessions.all()).length, 2);
  });

  it('say so when the key store cannot be used, and work again when it can', async () => {
    const { sessions } = open();
    store.failsWith = new Error('The keyring is locked.');
    await assert.rejects(sessions.put(aSession('asha')), /locked/);
    store.failsWith = undefined;
    await sessions.put(aSession('asha'));
    assert.equal((await sessions.all()).length, 1);
  });

  describe('as the editor knows them', () => {
    const ended: string[] = [];
    const provider = (sessions: Sessions, signedIn?: PatrSession): PatrAuthentication =>
      new PatrAuthentication(
        sessions,
        async () => signedIn,
        async (id) => void ended.push(id),
      );

    it('are found by server and by account', async () => {
      const { sessions } = open();
      const all = [aSession('asha'), aSession('ben'), aSession('asha', 'https://patr.example.com')];
      for (const one of all) await sessions.put(one);
      const found = async (scopes: string[] | undefined, id?: string): Promise<string[]> => {
        const account = id === undefined ? {} : { account: { id, label: '' } };
        const given = await provider(sessions).getSessions(scopes, account);
        return given.map(({ account }) => account.label);
      };
      assert.equal((await found(undefined)).length, 3);
      assert.deepEqual(await found([cloud]), ['asha (api.patr.cloud)', 'ben (api.patr.cloud)']);
      assert.deepEqual(await found([], all[2]?.id), ['asha (patr.example.com)']);
      assert.deepEqual(await found(['https://elsewhere.example']), []);
    });

    it('say whose they are, for which server, and with which token', async () => {
      const session = await provider(open().sessions, aSession('asha')).createSession([cloud], {});
      assert.deepEqual(session, {
        id: `asha ${cloud}`,
        accessToken: 'patrv1.asha.1',
        account: { id: `asha ${cloud}`, label: 'asha (api.patr.cloud)' },
        scopes: [cloud],
      });
    });

    it('are not made when the person gives up', async () => {
      await assert.rejects(provider(open().sessions).createSession([], {}), /given up/);
    });

    it('are told as they come and go', async () => {
      const { sessions } = open();
      const told: string[] = [];
      const listening = provider(sessions).onDidChangeSessions(({ added, removed }) => {
        told.push(`${added?.length} added, ${removed?.length} removed`);
      });
      await sessions.put(aSession('asha'));
      await sessions.remove(aSession('asha').id);
      listening.dispose();
      await sessions.put(aSession('ben'));
      assert.deepEqual(told, ['1 added, 0 removed', '0 added, 1 removed']);
    });

    it('are signed out by their id', async () => {
      await provider(open().sessions).removeSession('asha');
      assert.deepEqual(ended, ['asha']);
    });
  });
});
