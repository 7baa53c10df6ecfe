import type { AssembledRegion } from './assembledRegion.ts';

/** A deployment of the region's own registry that rolls out whatever is pushed to a repository of its name. */
export interface Shop {
  readonly name: string;
  /** Of its repository in the registry. */
  readonly path: string;
  readonly deploymentId: string;
}

export async function makeShop(
  region: Pick<AssembledRegion, 'api' | 'workspaceId' | 'regionId'>,
  name: string,
): Promise<Shop> {
  const params = { workspaceId: region.workspaceId };
  const { id: repositoryId } = await region.api.createRepository({ params, body: { name } });
  const { machineTypes } = await region.api.listMachineTypes({ params });
  const { id: deploymentId } = await region.api.createDeployment({
    params,
    body: {
      name,
      registry: 'registry.patr.cloud',
      repositoryId,
      imageTag: 'latest',
      runner: region.regionId,
      machineType: machineTypes[0]!.id,
      deployOnPush: true,
      deployOnCreate: false,
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ports: { 8080: 'http' },
    },
  });
  return { name, path: `${region.workspaceId}/${name}`, deploymentId };
}
