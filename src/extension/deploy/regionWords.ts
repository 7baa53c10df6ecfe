import type { LocalProgress } from '../../local/contract.ts';

/** What bringing up the local region is at, in one line. */
export function regionWords(progress: LocalProgress): string {
  switch (progress.kind) {
    case 'pulling':
      return `Getting ${progress.image}${progress.percent === undefined ? '' : ` (${progress.percent} %)`}`;
    case 'building':
      return 'Preparing the control plane';
    case 'starting':
      return 'Starting the local region';
    case 'upgrading':
      return `Replacing the local region's control plane, ${progress.from} to ${progress.to}; deployments go on serving`;
    case 'ready':
      return 'The local region is up';
  }
}
