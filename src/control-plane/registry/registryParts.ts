import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Notary } from '../state/wishes.ts';
import { registryToken } from './accessToken.ts';
import type { ImageRegistry } from './imageRegistry.ts';
import { PushGate } from './pushGate.ts';
import { engineUser, mountRegistryAccess } from './registryAccess.ts';
import { createRegistryClient } from './registryClient.ts';
import { registrySecrets, type RegistrySecrets } from './registrySecrets.ts';
import { loadSigningKey, type SigningKey } from './signingKey.ts';
import { createWatcher, type Watcher } from './watcher.ts';
import { mountWebhook } from './webhook.ts';

export interface RegistryPartsWanted {
  readonly stateDir: string;
  readonly notary: Notary;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
  /** See `RegistryClientParts`. */
  readonly baseUrl: () => string | undefined;
  readonly platform: () => string | undefined;
  /** Room on the disk that holds the blobs, in bytes; absent where nobody can tell. */
  readonly freeBytes: () => number | undefined;
}

/** Everything about the registry but its container. */
export interface RegistryParts {
  readonly key: SigningKey;
  readonly secrets: RegistrySecrets;
  readonly client: ImageRegistry;
  readonly watcher: Watcher;
  readonly gate: PushGate;
  /** The registry's API behind another address. */
  clientAt(url: string): ImageRegistry;
  /** What the region's engine pulls with. */
  readonly engineCredentials: { readonly username: string; readonly password: string };
  /** Adds the token door and the webhook to an app. */
  mount(app: Hono): void;
}

/** Wires the registry's side of the control plane. Nothing is asked of the registry yet. */
export async function registryParts(wanted: RegistryPartsWanted): Promise<RegistryParts> {
  const { notary, clock, log, platform, freeBytes } = wanted;
  const { store, now, ids } = notary;
  const key = await loadSigningKey(wanted.stateDir, now);
  const secrets = store.change(() => registrySecrets(store.identity, () => randomBytes(32).toString('hex')));
  const clientAt = (baseUrl: () => string | undefined) =>
    createRegistryClient({
      baseUrl,
      platform,
      token: (access) =>
        registryToken(key, { subject: 'control-plane', access: [access], at: now(), id: ids() }),
    });
  const client = clientAt(wanted.baseUrl);
  const gate = new PushGate();
  const watcher = createWatcher({ notary, registry: client, clock, log, chance: wanted.chance });
  return {
    key,
    secrets,
    client,
    watcher,
    gate,
    clientAt: (url) => clientAt(() => url),
    engineCredentials: { username: engineUser, password: secrets.engine },
    mount(app) {
      const { apiTokens, repositories } = store;
      mountRegistryAccess(app, {
        apiTokens,
        repositories,
        key,
        enginePassword: secrets.engine,
        gate,
        freeBytes,
        now,
        ids,
      });
      mountWebhook(app, { secret: secrets.webhook, pushed: (push) => watcher.pushed(push) });
    },
  };
}
