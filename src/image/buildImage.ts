import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BuildFailure,
  isBuildFailure,
  type BuildProgress,
  type BuildWanted,
  type Engine,
} from '../docker/engine.ts';
import { openContext, type ContextSource } from './buildContext.ts';
import { packContext } from './contextPack.ts';
import { parseDockerfile } from './dockerfile.ts';
import { parseReference } from './reference.ts';
import { lineOfStep } from './stepLine.ts';

export interface BuildRequest extends ContextSource, Omit<BuildWanted, 'dockerfile'> {}

/**
 * Packs a folder and builds it. Ends with the image's id. An abort stops packing and building; layers of steps
 * that had ended stay in the builder's cache. @throws BuildFailure with the line of the Dockerfile where it can
 * be told.
 */
export async function* buildImage(
  engine: Pick<Engine, 'build'>,
  request: BuildRequest,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<BuildProgress, void, void> {
  const { folder, dockerfile, ...wanted } = request;
  const waiting = signal === undefined ? {} : { signal };
  const context = await openContext({ folder, dockerfile });
  const text = await readFile(join(folder, dockerfile), 'utf8');
  const upload = packContext(context, { ...waiting, reuse: true });
  try {
    yield* engine.build(upload, { registries: baseRegistries(text), ...wanted, dockerfile }, waiting);
  } catch (error) {
    throw isBuildFailure(error) ? withLine(error, text) : error;
  } finally {
    upload.destroy();
  }
}

/** The engine names the step; the Dockerfile tells which line that is. */
function withLine(failure: BuildFailure, text: string): BuildFailure {
  if (failure.line !== undefined || failure.step === undefined) return failure;
  const number = failure.stepNumber;
  const step = { name: failure.step, ...(number === undefined ? {} : { number }) };
  const line = lineOfStep(parseDockerfile(text), step);
  return new BuildFailure(failure.message, {
    step: failure.step,
    stepNumber: number,
    line,
    output: failure.output,
  });
}

/** Registry hosts of the base images, as far as they are written out. */
function baseRegistries(text: string): string[] {
  const hosts = parseDockerfile(text).stages.flatMap((stage) => parseReference(stage.base)?.registry ?? []);
  return Array.from(new Set(hosts));
}
