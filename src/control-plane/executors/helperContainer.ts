import type { ContainerSpec } from '../../docker/engine.ts';
import { labelsOf } from '../labels.ts';

/** What one helper is for, and what makes it different from another. */
export interface HelperWanted extends Pick<
  ContainerSpec,
  'name' | 'image' | 'entrypoint' | 'command' | 'network' | 'mounts'
> {
  readonly region: string;
  readonly role: 'diagnosis' | 'archive';
}

/** A container beside the instances that only looks: it can write nothing, and has no rights that it needs not. */
export function helperContainer({ region, role, ...rest }: HelperWanted): ContainerSpec {
  return {
    ...rest,
    labels: labelsOf(region, role),
    environment: [],
    ports: [],
    restart: 'no',
    capabilities: { drop: ['ALL'], add: [] },
    noNewPrivileges: true,
    readOnlyRoot: true,
    log: { maxBytes: 1_000_000, files: 1 },
  };
}
