import type { Backend } from '../client/backend.ts';
import type { Api } from '../client/client.ts';
import type { NewVolume } from '../protocol/panelCreate.ts';
import type { DeploymentSettings } from '../protocol/shapes/deployment.ts';

/** A workspace on a server that was asked what it is. */
export interface Target {
  readonly api: Api;
  readonly backend: Backend;
  readonly workspaceId: string;
  /** The API token, which is the registry's password as well. */
  readonly token: string;
}

/** What is built. */
export interface Source {
  /** Absolute path of the folder that is the build context. */
  readonly folder: string;
  /** Path of the Dockerfile within it, with forward slashes. */
  readonly dockerfile: string;
  readonly buildArguments: Readonly<Record<string, string>>;
}

/** What a new deployment shall be. */
export interface Choice {
  readonly name: string;
  /** Id of the region. */
  readonly regionId: string;
  /** Ports that take HTTP; from EXPOSE unless a person says otherwise. */
  readonly ports: readonly number[];
  /** The rest of what can be chosen; absent: as it usually is. */
  readonly details?: Details;
}

/** Everything about a deployment that has a usual value. `ports` are all of them, of every type. */
export interface Details extends Omit<DeploymentSettings, 'name' | 'runner'> {
  /** Made just before the deployment, and taken away again when that is refused. */
  readonly newVolumes: readonly NewVolume[];
}

/** Name of the repository for a deployment's images: what is left of its name under the registry's rule. */
export function repositoryNameFor(deploymentName: string): string {
  const name = deploymentName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'image' : name;
}

/** The tag that new deployments follow. */
export const usualTag = 'latest';
