import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { Engine } from '../../src/docker/engine.ts';
import type { ConfigChanged } from '../../src/protocol/shapes/configMount.ts';
import { patrRegistry, type CreateDeploymentInput } from '../../src/protocol/shapes/deployment.ts';
import type { Runner } from '../../src/protocol/shapes/workspace.ts';
import { testImages } from './engine.ts';

const app = join(import.meta.dirname, '../fixtures/config-reader');
/** Names that change together, and how many bytes of filling each has. */
const files = { 'small.txt': 10, 'app.toml': 2_000, 'large.bin': 60_000 } as const;

/** What one reader saw: `seen` has when it first saw each number, in milliseconds since the epoch. */
interface Report {
  readonly reads: number;
  readonly wrong: number;
  readonly bad: readonly string[];
  readonly seen: readonly (readonly [number, number])[];
}

export interface ReadersReport {
  readonly saves: number;
  readonly reads: number;
  readonly wrong: number;
  /** Some of what was wrong, in words. */
  readonly bad: readonly string[];
  /** From each save until every instance had seen it or a later one, in milliseconds, in order of the saves. */
  readonly visibleMs: readonly number[];
  /** What the answers said it took, in milliseconds. */
  readonly answeredMs: readonly number[];
}

/** A deployment whose instances read their config mounts at full speed. */
export interface Readers {
  readonly deploymentId: string;
  /** Saves number by number, all files together each time, as fast as the answers come. @throws when one has not every instance. */
  save(count: number): Promise<void>;
  /** Once every reader has seen the last save. */
  report(): Promise<ReadersReport>;
}

/** What a save of this number writes. */
export function changesOf(number: number): { name: string; content: string }[] {
  return Object.entries(files).map(([name, bytes]) => ({ name, content: contentOf(number, bytes) }));
}

function contentOf(number: number, bytes: number): string {
  const around = `${number}\n`.length * 2;
  const digits = String(around + bytes + 6).length;
  const length = around + digits + 1 + bytes + 1;
  const text = `${number}\n${length}\n${'x'.repeat(bytes)}\n${number}\n`;
  return Buffer.from(text).toString('base64');
}

/** Deploys it with so many instances, and waits until all of them are ready. */
export async function openReaders(
  { engine, target, region }: { engine: Engine; target: Target; region: Runner },
  instances: number,
): Promise<Readers> {
  const { api, workspaceId } = target;
  const repositoryId = await imageOf(engine, target, region);
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } });
  const { id: deploymentId } = await api.createDeployment({
    params: { workspaceId },
    body: {
      registry: patrRegistry,
      repositoryId,
      name: `readers ${instances}`,
      imageTag: 'latest',
      runner: region.id,
      machineType: machineTypes[0]!.id,
      deployOnPush: false,
      deployOnCreate: true,
      minHorizontalScale: instances,
      maxHorizontalScale: instances,
      ports: { 8080: 'http' },
      configMounts: Object.fromEntries(changesOf(0).map(({ name, content }) => [name, content])),
    } as CreateDeploymentInput,
  });
  const params = { workspaceId, deploymentId };
  await until(async () => (await api.getDeployment({ params })).instances?.ready === instances);

  const sentAt: number[] = [];
  const answeredMs: number[] = [];
  return {
    deploymentId,
    async save(count) {
      for (let round = 0; round < count; round += 1) {
        const number = sentAt.length + 1;
        sentAt.push(Date.now());
        const answer = await api.changeConfigMounts({ params, body: { changes: changesOf(number) } });
        refuseIncomplete(answer, instances);
        answeredMs.push(answer.ms);
      }
    },
    async report() {
      const addresses = await addressesOf(engine, deploymentId);
      if (addresses.length !== instances) throw new Error(`There are ${addresses.length} readers.`);
      let reports: readonly Report[] = [];
      await until(async () => {
        reports = await Promise.all(addresses.map(reportOf));
        return reports.every(({ seen }) => seen.some(([number]) => number === sentAt.length));
      });
      return {
        saves: sentAt.length,
        reads: reports.reduce((sum, { reads }) => sum + reads, 0),
        wrong: reports.reduce((sum, { wrong }) => sum + wrong, 0),
        bad: reports.flatMap(({ bad }) => bad),
        visibleMs: visibleMs(sentAt, reports),
        answeredMs,
      };
    },
  };
}

function refuseIncomplete({ generation, instances, message }: ConfigChanged, wanted: number): void {
  const having = instances.filter((one) => one.generation === generation).length;
  if (having !== wanted) throw new Error(`${having} of ${wanted} instances have it. ${message ?? ''}`);
}

/** A reader that was away while a number was there has seen it when it saw a later one. */
function visibleMs(sentAt: readonly number[], reports: readonly Report[]): readonly number[] {
  const firstSeen = reports.map(({ seen }) => {
    const times = new Map(seen);
    let soFar = Infinity;
    return sentAt
      .map((_, index) => sentAt.length - index)
      .map((number) => (soFar = Math.min(soFar, times.get(number) ?? Infinity)))
      .toReversed();
  });
  return sentAt.map((sent, index) =>
    Math.max(...firstSeen.map((times) => (times[index] ?? Infinity) - sent)),
  );
}

async function addressesOf(engine: Engine, deploymentId: string): Promise<readonly string[]> {
  const labels = { 'cloud.patr.deployment': deploymentId, 'cloud.patr.role': 'instance' };
  const listed = await engine.listContainers({ labels });
  return listed.flatMap(({ addresses }) => Object.values(addresses));
}

async function reportOf(address: string): Promise<Report> {
  return (await (await fetch(`http://${address}:8080/report`)).json()) as Report;
}

/** Asks until it is so; the caller's time-out ends what never is. */
async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await systemClock.sleep(50);
}

/** Builds and pushes the image by deploying it once, with nothing to read. */
async function imageOf(engine: Engine, target: Target, region: Runner): Promise<string> {
  const { api, workspaceId } = target;
  const { repositories } = await api.listRepositories({ params: { workspaceId }, query: {} });
  const there = repositories.find(({ name }) => name === 'config-reader');
  if (there !== undefined) return there.id;
  const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
  const tools = { engine, clock: systemClock, chance: Math.random, tell: () => undefined };
  const choice = { name: 'config-reader', regionId: region.id, ports: [8080] };
  const made = await deploy(target, source, choice, tools);
  if (made.kind !== 'serving') throw new Error(`The reader does not run: ${JSON.stringify(made)}`);
  const params = { workspaceId, deploymentId: made.deploymentId };
  const found = await api.getDeployment({ params });
  await api.deleteDeployment({ params });
  if (!('repositoryId' in found)) throw new Error('The reader is not in the own registry.');
  return found.repositoryId;
}
