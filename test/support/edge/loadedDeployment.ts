import { systemClock } from '../../../src/base/clock.ts';
import { deploy, push } from '../../../src/deploy/journey.ts';
import type { Target } from '../../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../../src/protocol/shapes/deployment.ts';
import type { ReleaseInfo } from '../../../src/protocol/shapes/release.ts';
import { testImages } from '../engine.ts';
import { targetAt, type TestRegion } from '../localRegion.ts';
import type { LoadTarget } from './load.ts';
import { upstreamContext } from './upstreamImage.ts';

/** Ways to make other instances take the traffic. */
export type RolloutKind = 'update' | 'push' | 'restart' | 'scale' | 'revert';

/** The application of load tests as a deployment with two instances, in a region of the test's own. */
export interface LoadedDeployment {
  readonly target: Target;
  readonly deploymentId: string;
  /** Where the load goes. */
  readonly address: LoadTarget;
  info(): Promise<DeploymentInfo>;
  /** Newest first. */
  releases(): Promise<readonly ReleaseInfo[]>;
  update(environmentVariables: Readonly<Record<string, string>>): Promise<void>;
  /** Does it, and resolves when all new traffic is on what it made. */
  roll(kind: RolloutKind): Promise<void>;
  close(): Promise<void>;
}

export async function startLoadedDeployment(
  region: TestRegion,
  { lastsMs }: { lastsMs: number },
): Promise<LoadedDeployment> {
  const { target, region: runner } = await targetAt(await region.host.ensure(() => undefined));
  const context = await upstreamContext();
  const { folder } = context;
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
  const made = await deploy(target, source, { name: 'loaded', regionId: runner.id, ports: [8080] }, tools);
  if (made.kind !== 'serving') throw new Error(JSON.stringify(made));
  const { deploymentId } = made;
  const { httpPort, httpsPort, certificateAuthority: authority } = runner.edge!;
  const { workspaceId } = target;
  const at = { params: { workspaceId, deploymentId } };
  const { api } = target;
  let changes = 0;
  let scale = 2;

  const info = (): Promise<DeploymentInfo> => api.getDeployment(at);
  const releases = async () => (await api.listReleases({ ...at, query: {} })).releases;

  /** A minute is long for everything that is waited for here. */
  async function until(isSo: (deployment: DeploymentInfo) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (let found = await info(); !isSo(found); found = await info()) {
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(found)}`);
      await systemClock.sleep(20);
    }
  }

  async function untilLive(change: () => Promise<unknown>): Promise<void> {
    const { liveRelease = 0 } = await info();
    await change();
    await until((found) => (found.liveRelease ?? 0) > liveRelease && found.rollingRelease === undefined);
  }

  async function scaleTo(count: number): Promise<void> {
    scale = count;
    await api.updateDeployment({ ...at, body: { minHorizontalScale: count, maxHorizontalScale: count } });
    await until(({ instances }) => instances?.wanted === count && instances.ready === count);
  }

  const kinds: { readonly [K in RolloutKind]: () => Promise<void> } = {
    update: () => untilLive(() => update({ VERSION: `update ${++changes}` })),
    push: () =>
      untilLive(async () => {
        await context.change(`push ${++changes}`);
        const pushed = await push(target, source, deploymentId, tools);
        if (pushed.kind !== 'serving') throw new Error(JSON.stringify(pushed));
      }),
    restart: () => untilLive(() => api.startDeployment({ ...at, query: { forceRestart: true } })),
    scale: () => scaleTo(scale === 2 ? 3 : 2),
    revert: () =>
      untilLive(async () => {
        const [{ digest: current } = {}, ...before] = await releases();
        const old = before.find(({ digest }) => digest !== null && digest !== current)?.digest;
        if (old === undefined || old === null) throw new Error('There is no other image to go back to.');
        await api.revertDeployment({ params: { ...at.params, digest: old } });
      }),
  };
  const update = async (environmentVariables: Readonly<Record<string, string>>): Promise<void> => {
    await api.updateDeployment({ ...at, body: { environmentVariables } });
  };

  await scaleTo(scale);
  return {
    target,
    deploymentId,
    address: { host: `8080-${deploymentId}.localhost`, httpPort, httpsPort, authority, lastsMs },
    info,
    releases,
    update,
    roll: (kind) => kinds[kind](),
    close: () => context.close(),
  };
}
