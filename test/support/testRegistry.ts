import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { registryParts, type RegistryParts } from '../../src/control-plane/registry/registryParts.ts';
import { listen } from '../../src/control-plane/server.ts';
import { testControlPlane, type TestControlPlane } from './controlPlane.ts';
import { freePort, startTestDistribution, type TestDistribution } from './distribution.ts';

/** The registry's real container, with a control plane over a state in memory that it asks and tells. */
export interface TestRegistry {
  readonly plane: TestControlPlane;
  readonly parts: RegistryParts;
  readonly distribution: TestDistribution;
  /** Host and port, as image references name it. */
  readonly host: string;
  /** Address of the control plane. */
  readonly api: string;
  readonly stateDir: string;
  close(): Promise<void>;
}

/** `onWebhook` may answer a notification in the control plane's place, or say nothing and let it through. */
export async function startTestRegistry(
  onWebhook: (request: Request) => Promise<Response | undefined> = async () => undefined,
  diskBytes?: number,
): Promise<TestRegistry> {
  const stateDir = await mkdtemp(join(tmpdir(), 'patr-keys-'));
  const plane = testControlPlane();
  // Tokens are checked against the machine's clock.
  plane.notary.time = Date.now();
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const parts = await registryParts({
    stateDir,
    notary: plane.notary,
    clock: systemClock,
    log: silentLog,
    chance: () => 0,
    baseUrl: () => `http://${host}`,
    platform: () => 'linux/amd64',
    freeBytes: () => plane.reconciler.facts.freeBytes,
  });
  parts.mount(plane.app);
  const server = await listen(
    async (request) => {
      const mine = request.url.endsWith('/webhook/registry') ? await onWebhook(request.clone()) : undefined;
      return mine ?? plane.app.fetch(request);
    },
    { host: '127.0.0.1', port: 0 },
  );
  const api = `http://127.0.0.1:${server.port}`;
  const distribution = await startTestDistribution({
    port,
    realm: `${api}/auth/docker-login`,
    webhookUrl: `${api}/webhook/registry`,
    secrets: parts.secrets,
    tokenCertificate: parts.key.certificate,
    diskBytes,
  });
  return {
    plane,
    parts,
    distribution,
    host,
    api,
    stateDir,
    async close() {
      await distribution.close();
      await parts.watcher.stop();
      await server.close();
      plane.dispose();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
