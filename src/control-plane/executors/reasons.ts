import { describeError } from '../../base/log.ts';
import { isEngineError } from '../../docker/engine.ts';
import type { Reason } from '../../protocol/shapes/deployment.ts';

/** Why an image is not on the machine, in words. */
export function pullFailure(reference: string, error: unknown): Reason {
  if (isEngineError(error, 'notFound')) {
    const message = `The image ${reference} does not exist in its registry. Push it, or choose another tag.`;
    return { code: 'imageNotFound', message };
  }
  if (isEngineError(error, 'denied')) {
    const message = `The registry refuses to give out ${reference}. Check that it is public, or that its credentials are right.`;
    return { code: 'pullDenied', message };
  }
  if (isEngineError(error, 'noRoom')) return noRoom(describeError(error));
  const message = `The image ${reference} could not be pulled: ${describeError(error)}. Check that the registry can be reached.`;
  return { code: 'pullFailed', message };
}

/** The disk of the engine is full; it is tried again until it is not. */
export function noRoom(words: string): Reason {
  return {
    code: 'noRoom',
    message: `There is no room left on the machine (${words}). Remove images or volumes that are not needed.`,
  };
}

/** Every port of the region's range is given away, or in use by something else. */
export const noPublicPort: Reason = {
  code: 'portTaken',
  message:
    'There is no port left on the machine for the tcp and udp ports of the deployment. Delete deployments that are not needed, or start the control plane with a wider --public-ports.',
};

/** Whether a file could not be written because its disk is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** Why a container did not start, from the engine's own words. */
export function startFailure(outcome: { kind: 'portTaken' | 'failed'; message: string }): Reason {
  const words = outcome.message;
  if (outcome.kind === 'portTaken') {
    const message = `A port that the deployment publishes is in use on the machine (${words}). Stop what uses it, or change the port.`;
    return { code: 'portTaken', message };
  }
  if (/exec format error/i.test(words)) {
    const message = `The image is made for another platform than this machine's (${words}). Build it for this machine's platform.`;
    return { code: 'platformMismatch', message };
  }
  if (/no space left/i.test(words)) return noRoom(words);
  if (/executable file not found|no such file or directory|permission denied/i.test(words)) {
    const message = `The program that the image shall run cannot be started (${words}). Check CMD and ENTRYPOINT of the Dockerfile.`;
    return { code: 'cannotStart', message };
  }
  return { code: 'cannotStart', message: `The engine could not start it: ${words}.` };
}
