import type { DeploymentInfo } from '../../../src/protocol/shapes/deployment.ts';
import { pick } from '../chaos.ts';
import { draft, images, type Image, type World } from './world.ts';

/** A deployment as the test has left it. */
export interface Subject {
  readonly id: string;
  readonly tag: string;
  readonly volumeId: string | undefined;
}

/** What must hold of the deployment once the operation was answered with success; a sentence when it does not. */
type Promised = (now: DeploymentInfo | 'absent') => string | undefined;

export const operations = [
  'create',
  'update',
  'push',
  'scale',
  'revert',
  'config mounts',
  'restart',
  'stop and start',
  'delete',
] as const;
export type OperationName = (typeof operations)[number];

/** Config mounts that change together. */
const configNames = ['a.toml', 'b.toml', 'c.toml'];
const mostSaves = 300;

interface Around {
  readonly world: World;
  readonly subject: Subject;
  readonly chance: () => number;
  /** A number that no run before had. */
  readonly version: string;
}

type Operation = (around: Around) => Promise<Promised>;

const at = ({ world, subject }: Around) => ({
  params: { workspaceId: world.target.workspaceId, deploymentId: subject.id },
});

/** Each does one thing that a person does, through the API or the registry, and says what it was promised. */
export const perform: Readonly<Record<Exclude<OperationName, 'create'>, Operation>> = {
  async update(around) {
    const environmentVariables = { VERSION: around.version };
    await around.world.target.api.updateDeployment({ ...at(around), body: { environmentVariables } });
    return (now) =>
      now !== 'absent' && now.environmentVariables['VERSION'] === around.version
        ? undefined
        : 'an update was answered with success and is lost';
  },

  async push(around) {
    const image = pick(around.chance, images);
    await around.world.push(image, around.subject.tag);
    const digest = around.world.digests.get(image);
    return (now) =>
      now !== 'absent' && now.currentLiveDigest === digest ? undefined : 'a pushed image does not run';
  },

  async scale(around) {
    const count = 1 + Math.floor(around.chance() * 3);
    const body = { minHorizontalScale: count, maxHorizontalScale: count, allowDataLoss: true };
    await around.world.target.api.updateDeployment({ ...at(around), body });
    return (now) =>
      now !== 'absent' && now.minHorizontalScale === count
        ? undefined
        : 'a change of scale was answered with success and is lost';
  },

  /** To what was deployed first, whatever runs now. */
  async revert(around) {
    const { api } = around.world.target;
    const { deploys } = await api.listDeployHistory({ ...at(around), query: {} });
    const digest = deploys.at(-1)!.imageDigest;
    const { params } = at(around);
    await api.revertDeployment({ params: { ...params, digest } });
    return (now) =>
      now !== 'absent' && now.currentLiveDigest === digest
        ? undefined
        : 'a revert was answered with success and does not run';
  },

  /**
   * Saves several files as one, again and again, so that the end comes in the middle of a save. The first save of a
   * deployment that has none yet makes a release.
   */
  async 'config mounts'(around) {
    let answered = -1;
    const contentOf = (round: number): string =>
      Buffer.from(`${around.version}, round ${round}\n`).toString('base64');
    const save = (round: number): Promise<unknown> => {
      const changes = configNames.map((name) => ({ name, content: contentOf(round) }));
      return around.world.target.api.changeConfigMounts({ ...at(around), body: { changes } });
    };
    try {
      for (let round = 0; round < mostSaves; round += 1) {
        await save(round);
        answered = round;
      }
    } catch (error) {
      // The save that was cut off may have been kept or not; those before were answered with success.
      if (answered < 0) throw error;
    }
    const kept = [answered, answered + 1].map(contentOf);
    return (now) =>
      now !== 'absent' &&
      kept.some((content) => configNames.every((name) => now.configMounts[name] === content))
        ? undefined
        : 'a change of config mounts was answered with success and is lost';
  },

  async restart(around) {
    await around.world.target.api.startDeployment({ ...at(around), query: { forceRestart: true } });
    return (now) => (now === 'absent' ? 'a deployment is lost' : undefined);
  },

  async 'stop and start'(around) {
    const { api } = around.world.target;
    await api.stopDeployment(at(around));
    await api.startDeployment({ ...at(around), query: {} });
    return (now) =>
      now !== 'absent' && now.status === 'running'
        ? undefined
        : 'a start was answered with success and is lost';
  },

  async delete(around) {
    await around.world.target.api.deleteDeployment(at(around));
    return (now) => (now === 'absent' ? undefined : 'a deployment was deleted and is there again');
  },
};

/** What a deployment begins with, made before anything goes wrong with it. */
export interface Prepared {
  readonly tag: string;
  readonly volumeId: string | undefined;
  readonly image: Image;
}

export async function prepare(world: World, tag: string, chance: () => number): Promise<Prepared> {
  const image = pick(chance, images);
  await world.push(image, tag);
  if (chance() < 0.6) return { tag, volumeId: undefined, image };
  const params = { workspaceId: world.target.workspaceId };
  const { id: volumeId } = await world.target.api.createVolume({ params, body: { name: tag, size: 1 } });
  return { tag, volumeId, image };
}

export async function create(world: World, prepared: Prepared, count: number): Promise<Subject> {
  const { tag, volumeId } = prepared;
  const scale = { minHorizontalScale: count, maxHorizontalScale: count };
  const volumes = volumeId === undefined ? {} : { volumes: { [volumeId]: '/data' } };
  const params = { workspaceId: world.target.workspaceId };
  const body = draft(world, tag, { ...scale, ...volumes });
  const { id } = await world.target.api.createDeployment({ params, body });
  return { id, tag, volumeId };
}
