import type { LimitName } from '../../../src/protocol/shapes/trafficLimits.ts';

/** Id of the field with a limit's number. */
export function limitField(name: LimitName): string {
  return `limit-${name}`;
}
