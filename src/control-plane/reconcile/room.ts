import type { Reason } from '../../protocol/shapes/deployment.ts';
import { noRoom } from '../executors/reasons.ts';

/**
 * With less than this left on the engine's disk nothing is started, in bytes: the files that the engine makes for an
 * instance would be cut short, or the first ones that the application writes, which then runs and has nothing to say.
 */
const leastBytes = 8_000_000;

/** `freeBytes` is absent where nobody can tell: then the engine's own refusal says it. */
export function isRoomShort(freeBytes: number | undefined): boolean {
  return freeBytes !== undefined && freeBytes < leastBytes;
}

/** Why nothing is started, with what to do. */
export function roomReason(freeBytes: number): Reason {
  const left = Math.floor(freeBytes / 1000);
  return noRoom(`${left} kB are free on the engine's disk, and ${leastBytes / 1000} kB are needed to start`);
}
