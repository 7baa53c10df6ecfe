import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { systemClock } from '../../src/base/clock.ts';
import { defaultUnixSocket, type EngineAddress } from '../../src/docker/address.ts';
import { ownDockerHome } from '../../src/docker/configFile.ts';
import { currentContext } from '../../src/docker/dockerContexts.ts';
import { openEngine } from '../../src/docker/entry.ts';
import { defaultLocalSettings } from '../../src/local/contract.ts';
import { makeLocalHost } from '../../src/local/localHost.ts';
import { root } from '../build/folders.ts';
import type { Images } from '../setup/images.ts';
import { SetupError } from '../setup/setupError.ts';
import type { MainJobParts } from './mainJob.ts';
import { deploySample } from './sampleJourney.ts';

export interface Wanted {
  readonly images: Images;
  /** Folder of the sample. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The real parts of the main job, on the engine that the docker command speaks to; `dispose` lets go of it. */
export async function wire({
  images,
  folder,
  signal,
}: Wanted): Promise<{ parts: MainJobParts; dispose: () => void }> {
  const address = await currentAddress();
  const engine = openEngine(address);
  const bundle = { file: join(root, 'dist', 'control-plane.mjs'), version: manifest.version };
  const name = process.env['PATR_REGION_NAME'] ?? defaultLocalSettings.name;
  const host = makeLocalHost({
    engine,
    bundle,
    settings: { ...defaultLocalSettings, name, images },
    fetch,
    clock: systemClock,
    userAgent: `patr-deployments/${manifest.version}`,
    // Elsewhere than on Linux, the address leads into a virtual machine, where the socket is at its usual place.
    socket: address.kind === 'unix' && process.platform === 'linux' ? address.path : defaultUnixSocket,
  });
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: images.node } };
  const tools = { engine, clock: systemClock, chance: Math.random, signal };
  return {
    parts: {
      ensureControlPlane: (onProgress) => host.ensure(onProgress, { signal }),
      journey: (endpoint, tell) => deploySample(endpoint, source, { ...tools, tell }),
    },
    dispose: () => engine.dispose(),
  };
}

async function currentAddress(): Promise<EngineAddress> {
  const context = await currentContext(ownDockerHome());
  if (context.kind === 'broken') throw new SetupError(context.message);
  return context.address;
}
