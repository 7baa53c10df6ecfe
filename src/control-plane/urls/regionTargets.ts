import { networkInterfaces } from 'node:os';
import type { Options } from '../options.ts';
import { isLoopback } from '../placement.ts';
import { anyTarget, publicTargets, type TargetRule } from './targetAddresses.ts';

/** Where managed URLs of this region may lead. The machine's addresses may change, so they are asked for each time. */
export function urlTargets(options: Options): TargetRule {
  const { domain, edgeAddress, publicAddresses, allowedUrlTargets } = options;
  if (domain === 'localhost' && isLoopback(edgeAddress)) return anyTarget;
  return publicTargets(allowedUrlTargets, () => [
    edgeAddress,
    ...publicAddresses,
    ...Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address)),
  ]);
}
