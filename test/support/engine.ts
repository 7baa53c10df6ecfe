import { randomUUID } from 'node:crypto';
import type { ContainerSpec, Engine, Labels } from '../../src/docker/engine.ts';
import { currentContext } from '../../src/docker/dockerContexts.ts';
import { ownDockerHome } from '../../src/docker/configFile.ts';
import { openEngine, type EngineOptions } from '../../src/docker/openEngine.ts';

/** Images that the set-up has found or made. */
export interface TestImages {
  readonly node: string;
  readonly registry: string;
  readonly edge: string;
  readonly busybox: string;
}

export function testImages(): TestImages {
  const told = process.env['PATR_TEST_IMAGES'];
  if (told !== undefined) return JSON.parse(told) as TestImages;
  return {
    node: 'patr-offline/node:24',
    registry: 'patr-offline/registry:2',
    edge: 'patr-offline/edge:2',
    busybox: 'patr-offline/busybox:1',
  };
}

/** A real engine, and a name of its own for whatever one suite makes there. */
export interface TestEngine {
  readonly engine: Engine;
  readonly prefix: string;
  readonly labels: Labels;
  /** Removes everything that carries the labels, and closes the engine. */
  close(): Promise<void>;
}

export async function openTestEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const context = await currentContext(ownDockerHome());
  if (context.kind === 'broken') throw new Error(context.message);
  const engine = openEngine(context.address, options);
  const prefix = `patr-test-${randomUUID().slice(0, 8)}`;
  const labels = { 'cloud.patr.test': prefix };
  return {
    engine,
    prefix,
    labels,
    async close() {
      for (const { id } of await engine.listContainers({ labels }))
        await engine.removeContainer(id, { volumes: true });
      for (const { id } of await engine.listNetworks({ labels })) await engine.removeNetwork(id);
      for (const { name } of await engine.listVolumes({ labels })) await engine.removeVolume(name);
      for (const image of await engine.listImages({ labels })) {
        for (const tag of image.tags) await engine.removeImage(tag);
        if (image.tags.length === 0) await engine.removeImage(image.id);
      }
      engine.dispose();
    },
  };
}

/** A container that sleeps, with defaults for whatever does not matter. */
export function aContainer(
  facts: Partial<ContainerSpec> & Pick<ContainerSpec, 'name' | 'labels'>,
): ContainerSpec {
  return {
    image: testImages().busybox,
    environment: [],
    command: ['sleep', '600'],
    network: 'none',
    mounts: [],
    ports: [],
    restart: 'no',
    noNewPrivileges: true,
    log: { maxBytes: 1_000_000, files: 2 },
    ...facts,
  };
}
