import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { lookOf } from './look.ts';

/** Those that have every word of the filter somewhere in name, status, tag or address; without a word, all. */
export function filtered(deployments: readonly Deployment[], filter: string): readonly Deployment[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return deployments;
  return deployments.filter((deployment) => {
    const text = textOf(deployment);
    return words.every((word) => text.includes(word));
  });
}

function textOf(deployment: Deployment): string {
  const addresses = (deployment.addresses ?? []).map(({ url, host = '' }) => url ?? host);
  const { name, status, imageTag } = deployment;
  return [name, status, lookOf(deployment).words, imageTag, ...addresses].join('\n').toLowerCase();
}
