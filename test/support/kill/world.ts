import { join } from 'node:path';
import { buildImage } from '../../../src/image/buildImage.ts';
import { patrRegistry, type CreateDeploymentInput } from '../../../src/protocol/shapes/deployment.ts';
import type { Target } from '../../../src/deploy/target.ts';
import type { Runner } from '../../../src/protocol/shapes/workspace.ts';
import { testImages } from '../engine.ts';
import { targetAt } from '../localRegion.ts';
import type { OwnEngine } from '../ownEngine.ts';
import { startRegionProcess, type RegionProcess } from '../regionProcess.ts';

const app = join(import.meta.dirname, '../../fixtures/page-app');

/** The two images that deployments are pushed back and forth between. */
export const images = ['a', 'b'] as const;
export type Image = (typeof images)[number];

/** A region with a repository, in which every deployment follows a tag of its own. */
export interface World {
  readonly region: RegionProcess;
  readonly target: Target;
  readonly runner: Runner;
  readonly repositoryId: string;
  readonly machineType: string;
  /** Digest of each image, once it was pushed. */
  readonly digests: Map<Image, string>;
  /** Pushes an image to a tag as `docker push` does. */
  push(image: Image, tag: string): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(what: string, own?: OwnEngine): Promise<World> {
  const region = await startRegionProcess(what, {}, own);
  const { engine } = region;
  const reached = await targetAt(region.endpoint, region.fetch);
  const { target } = reached;
  const params = { workspaceId: target.workspaceId };
  const { id: repositoryId } = await target.api.createRepository({ params, body: { name: 'page' } });
  const { machineTypes } = await target.api.listMachineTypes({ params });
  const local = (image: Image): string => `${region.name}/page:${image}`;
  for (const image of images) await build(engine, local(image), image);
  const repository = `${target.backend.registry.host}/${target.workspaceId}/page`;
  const auth = {
    server: target.backend.registry.host,
    username: 'patr',
    password: region.endpoint.token,
  };
  const digests = new Map<Image, string>();
  const world: World = {
    region,
    target,
    runner: reached.region,
    repositoryId,
    machineType: machineTypes[0]!.id,
    digests,
    async push(image, tag) {
      await engine.tagImage(local(image), `${repository}:${tag}`);
      for await (const event of engine.push(`${repository}:${tag}`, auth)) {
        if (event.kind === 'pushed') digests.set(image, event.digest);
      }
    },
    async close() {
      for (const image of images) await engine.removeImage(local(image));
      await region.close();
    },
  };
  for (const image of images) await world.push(image, 'first');
  return world;
}

async function build(engine: RegionProcess['engine'], tag: string, image: Image): Promise<void> {
  const wanted = { tags: [tag], labels: {}, buildArguments: { BASE: testImages().busybox, IMAGE: image } };
  for await (const step of buildImage(engine, { folder: app, dockerfile: 'Dockerfile', ...wanted }))
    void step;
}

/** What a new deployment of the world is made from. */
export function draft(
  world: World,
  name: string,
  changes: Partial<CreateDeploymentInput>,
): CreateDeploymentInput {
  return {
    registry: patrRegistry,
    repositoryId: world.repositoryId,
    name,
    imageTag: name,
    runner: world.runner.id,
    machineType: world.machineType,
    deployOnPush: true,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: { 8080: 'http' },
    environmentVariables: { VERSION: '1' },
    ...changes,
  } as CreateDeploymentInput;
}
