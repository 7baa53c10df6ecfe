import { Emitter } from '../../src/base/emitter.ts';
import type { Connection, ConnectionState } from '../../src/extension/connections/connection.ts';
import type { Memory, PatrPlace } from '../../src/extension/connections/places.ts';

/** A connection that is as it was made. */
export function aConnection(
  id: string,
  label = id,
  state: ConnectionState = { kind: 'looking' },
): Connection {
  const changed = new Emitter<void>(() => undefined);
  return {
    id,
    label,
    description: '',
    hasShells: false,
    state: () => state,
    onChange: changed.event,
    look: async () => undefined,
  };
}

/** A workspace of Patr's cloud; another name, another workspace. */
export function aPlace(name: string): PatrPlace {
  const workspaceId = Buffer.from(name).toString('hex').padEnd(32, '0');
  return { url: 'https://api.patr.cloud', accountId: 'asha', workspaceId, name };
}

/** What all windows of an editor remember together. */
export class MemoryOfWindows implements Memory {
  readonly #values = new Map<string, unknown>();

  get(key: string): unknown {
    return this.#values.get(key);
  }

  async update(key: string, value: unknown): Promise<void> {
    this.#values.set(key, structuredClone(value));
  }
}
