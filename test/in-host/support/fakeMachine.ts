import type { Machine } from '../../../src/extension/localRegion.ts';
import type { Engine } from '../../../src/docker/engine.ts';
import type { LocalHost, LocalInventory, LocalState } from '../../../src/local/contract.ts';
import { fakeToken, type FakePatr } from '../../support/fakePatr.ts';

/** An engine and a region on it that are not there, in front of a look-alike of Patr. */
export class FakeMachine implements Machine {
  state: LocalState;
  inventory: LocalInventory = {
    containers: ['patr-edge', 'sample-1'],
    volumes: ['patr-state'],
    networks: ['patr'],
  };
  /** Content of the file of sealing keys. */
  sealingKeys: string | undefined;
  readonly calls: string[] = [];
  readonly engines: Machine['engines'];
  readonly #running: LocalState;

  constructor(patr: Pick<FakePatr, 'url'>, running = true, engine: Engine = {} as Engine) {
    this.engines = {
      state: async () => ({
        kind: 'ready',
        engine,
        socket: '/nowhere.sock',
        where: 'unix:///nowhere.sock',
      }),
    };
    this.#running = {
      kind: 'running',
      endpoint: { url: patr.url, token: fakeToken, version: '0.0.1' },
    };
    this.state = running ? this.#running : { kind: 'absent' };
  }

  readonly makeHost: Machine['makeHost'] = () => this.#host;

  readonly #host: LocalHost = {
    find: async () => this.state,
    ensure: async (onProgress) => {
      this.calls.push('ensure');
      onProgress({ kind: 'starting' });
      this.state = this.#running;
      if (this.#running.kind !== 'running') throw new Error('The look-alike runs or it does not.');
      return this.#running.endpoint;
    },
    stop: async () => {
      this.calls.push('stop');
      this.state = { kind: 'stopped' };
    },
    sealingKeys: async () => this.sealingKeys,
    inventory: async () => this.inventory,
    remove: async () => {
      this.calls.push('remove');
      this.state = { kind: 'absent' };
    },
    async *logs() {
      yield '2026-01-01T00:00:00.000Z info ready';
    },
  };
}
