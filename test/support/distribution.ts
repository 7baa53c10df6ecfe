import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { placementOf } from '../../src/control-plane/placement.ts';
import { ensureService, untilAnswering } from '../../src/control-plane/region/service.ts';
import {
  blobVolumeName,
  certificateBundleName,
  registryConfigName,
  registryFolder,
  registrySpec,
  registryStorage,
} from '../../src/control-plane/region/specs.ts';
import {
  registryConfig,
  type RegistryConfigWanted,
} from '../../src/control-plane/registry/registryConfig.ts';
import { openTestEngine, testImages, type TestEngine } from './engine.ts';

/** The registry's real container, as a region on a Linux engine has it, with a folder and a volume of its own. */
export interface TestDistribution {
  readonly test: TestEngine;
  readonly container: string;
  /** Its blobs. */
  readonly volume: string;
  close(): Promise<void>;
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface TestDistributionWanted extends Pick<
  RegistryConfigWanted,
  'realm' | 'webhookUrl' | 'secrets'
> {
  /** Of loopback; see `freePort`. */
  readonly port: number;
  /** Size of the disk that it has for its blobs; absent: the engine's. */
  readonly diskBytes?: number | undefined;
  /** PEM text of the certificate that tokens are trusted by. */
  readonly tokenCertificate: string;
}

/** Starts the registry at a port of loopback; resolves when it answers. */
export async function startTestDistribution(wanted: TestDistributionWanted): Promise<TestDistribution> {
  const { port, realm, webhookUrl, secrets } = wanted;
  const test = await openTestEngine();
  const folder = await mkdtemp(join(tmpdir(), 'patr-registry-'));
  const region = `test-${randomUUID().slice(0, 8)}`;
  const placement = placementOf('host', region);
  const config = registryConfig({
    listen: `${placement.listen}:${port}`,
    storageDirectory: registryStorage,
    realm,
    certificateBundle: `${registryFolder}/${certificateBundleName}`,
    webhookUrl,
    secrets,
  });
  await writeFile(join(folder, registryConfigName), config);
  await writeFile(join(folder, certificateBundleName), wanted.tokenCertificate);
  const spec = registrySpec({
    region,
    image: testImages().registry,
    placement,
    shared: (target, readOnly) => ({ kind: 'bind', source: folder, target, readOnly }),
    port,
    settings: '',
  });
  const close = async (): Promise<void> => {
    await test.engine.removeContainer(spec.name);
    await test.engine.removeVolume(blobVolumeName(region));
    await test.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await makeVolume(test, blobVolumeName(region), wanted.diskBytes);
    const started = await ensureService(test.engine, spec);
    if (started.kind !== 'running') throw new Error('The registry could not be started.');
    const what = { engine: test.engine, id: started.id, name: 'The registry', clock: systemClock };
    await untilAnswering((signal) => fetch(`http://127.0.0.1:${port}/v2/`, { signal }), what);
  } catch (error) {
    await close();
    throw error;
  }
  return { test, container: spec.name, volume: blobVolumeName(region), close };
}

async function makeVolume(test: TestEngine, name: string, bytes: number | undefined): Promise<void> {
  if (bytes === undefined) {
    await test.engine.ensureVolume({ name, labels: test.labels });
    return;
  }
  const options = ['type=tmpfs', 'device=tmpfs', `o=size=${bytes}`].flatMap((option) => ['--opt', option]);
  await must('docker', ['volume', 'create', '--driver', 'local', ...options, name]);
}
