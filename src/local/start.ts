import { createServer } from 'node:net';
import { controlPlaneSpec, type ControlPlaneWanted } from './containerSpec.ts';
import { LocalHostError } from './contract.ts';
import { networkName, ownLabels, sharedNames, volumeName } from './names.ts';
import type { LocalHostParts, Waiting } from './parts.ts';

const portTries = 20;

/** Creates and starts it on the first free port from the wanted one on. @throws LocalHostError. */
export async function start(
  parts: LocalHostParts,
  wanted: ControlPlaneWanted,
  waiting: Waiting,
): Promise<void> {
  await surroundings(parts, wanted, waiting);
  const { engine } = parts;
  let { port } = wanted;
  for (let tries = 0; tries < portTries; tries += 1, port += 1) {
    port = await firstFree(port);
    const spec = controlPlaneSpec({ ...wanted, port });
    const made = await engine.createContainer(spec, waiting);
    if (made === 'nameTaken') {
      // Another window was first, and its control plane is as good as ours. It may have left before it started it.
      await engine.startContainer(spec.name, waiting);
      return;
    }
    if (made === 'imageMissing')
      throw new LocalHostError('The image of the control plane was removed while it was started. Try again.');
    const started = await engine.startContainer(made.id, waiting);
    if (started.kind === 'started' || started.kind === 'absent') return;
    await engine.removeContainer(made.id, waiting);
    if (started.kind === 'failed') {
      throw new LocalHostError(`The control plane could not be started: ${started.message}`);
    }
  }
  throw noPort(wanted.port);
}

/** Made here, and not by the way, so that they carry the labels by which they are found again. */
async function surroundings(
  { engine, settings: { name } }: LocalHostParts,
  { placement }: ControlPlaneWanted,
  waiting: Waiting,
): Promise<void> {
  if (placement === 'bridged') {
    await engine.ensureNetwork({ name: networkName(name), labels: ownLabels(name, 'network') }, waiting);
  }
  for (const what of ['state', ...sharedNames]) {
    await engine.ensureVolume({ name: volumeName(name, what), labels: ownLabels(name, 'volume') }, waiting);
  }
}

async function firstFree(from: number): Promise<number> {
  for (let port = from; port <= 65_535; port += 1) if (await isFree(port)) return port;
  throw noPort(from);
}

/** Whether nobody listens on a port of this machine's loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function noPort(from: number): LocalHostError {
  return new LocalHostError(
    `No free port was found from ${from} on. Choose another one in the setting patr.local.ports.api.`,
  );
}
