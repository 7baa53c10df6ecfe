import type { Images } from './images.ts';

/** Settings with which the extension uses the images that this machine has; the sample's base is one of them. */
export function settingsFor(images: Images): Record<string, unknown> {
  return {
    'patr.local.images.node': images.node,
    'patr.local.images.registry': images.registry,
    'patr.local.images.edge': images.edge,
    'patr.build.arguments': { BASE: images.node },
  };
}
