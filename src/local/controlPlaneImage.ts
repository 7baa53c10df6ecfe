import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Engine } from '../docker/engine.ts';
import type { ControlPlaneBundle, LocalProgress } from './contract.ts';
import { LocalHostError } from './contract.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/**
 * The image of the control plane on this engine: the Node base image and the one bundled file. Built when it is not
 * there, from nothing but these two, so it needs no registry when the base image is on the machine.
 */
export async function ensureControlPlaneImage(
  engine: Engine,
  bundle: ControlPlaneBundle,
  nodeImage: string,
  onProgress: (progress: LocalProgress) => void,
  waiting: Waiting,
): Promise<string> {
  const program = await readFile(bundle.file);
  const dockerfile = dockerfileFor(nodeImage);
  const key = createHash('sha256').update(program).update(dockerfile).digest('hex').slice(0, 12);
  const tag = `patr-control-plane:${bundle.version}-${key}`;
  if ((await engine.inspectImage(tag, waiting)) !== 'absent') return tag;
  await ensureBase(engine, nodeImage, onProgress, waiting);
  onProgress({ kind: 'building' });
  const context = await contextOf({ Dockerfile: Buffer.from(dockerfile), 'control-plane.mjs': program });
  const wanted = { dockerfile: 'Dockerfile', tags: [tag], labels: {}, buildArguments: {} };
  for await (const progress of engine.build(context, wanted, waiting)) void progress;
  return tag;
}

function dockerfileFor(nodeImage: string): string {
  return [
    `FROM ${nodeImage}`,
    'COPY control-plane.mjs /app/control-plane.mjs',
    // It commands the engine through its socket, which belongs to root.
    'USER 0:0',
    'ENTRYPOINT []',
    'CMD ["node", "/app/control-plane.mjs", "--help"]',
    '',
  ].join('\n');
}

async function ensureBase(
  engine: Engine,
  image: string,
  onProgress: (progress: LocalProgress) => void,
  waiting: Waiting,
): Promise<void> {
  if ((await engine.inspectImage(image, waiting)) !== 'absent') return;
  onProgress({ kind: 'pulling', image, percent: undefined });
  const layers = new Map<string, { done: number; total: number }>();
  try {
    for await (const { layer, done, total } of engine.pull(image, undefined, waiting)) {
      if (done === undefined || total === undefined) continue;
      layers.set(layer, { done, total });
      onProgress({ kind: 'pulling', image, percent: percentOf(layers) });
    }
  } catch (error) {
    if (waiting.signal?.aborted === true) throw error;
    throw new LocalHostError(
      `The image ${image} is not on this machine and cannot be pulled. Check the network, or name an image that is there in the setting patr.local.images.node.`,
      [],
      { cause: error },
    );
  }
}

function percentOf(layers: ReadonlyMap<string, { done: number; total: number }>): number {
  let [done, total] = [0, 0];
  for (const layer of layers.values()) {
    done += layer.done;
    total += layer.total;
  }
  return total === 0 ? 0 : Math.round((done / total) * 100);
}

async function contextOf(files: Readonly<Record<string, Buffer>>): Promise<Readable> {
  // Only who starts a region that was never started needs it, so it is not part of the activation.
  const { pack } = await import('tar-stream');
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  }
  archive.finalize();
  return Readable.from(archive);
}
