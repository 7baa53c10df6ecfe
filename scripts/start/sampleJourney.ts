import { openServer } from '../../src/client/server.ts';
import { portsOf, readDockerfile } from '../../src/deploy/check.ts';
import type { JourneyResult } from '../../src/deploy/contract.ts';
import { deploy, push, type JourneyTools } from '../../src/deploy/journey.ts';
import type { Source, Target } from '../../src/deploy/target.ts';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import { SetupError } from '../setup/setupError.ts';

const name = 'sample';
const timeoutMs = 30_000;

/** Deploys the sample, or pushes it again where an earlier start has deployed it. */
export async function deploySample(
  endpoint: LocalEndpoint,
  source: Source,
  tools: JourneyTools,
): Promise<JourneyResult> {
  const target = await targetAt(endpoint, tools);
  const waiting = tools.signal === undefined ? {} : { signal: tools.signal };
  const there = await findSample(target, waiting);
  if (there === undefined) {
    const choice = { name, regionId: await firstRegion(target, waiting), ports: await portsIn(source) };
    return deploy(target, source, choice, tools);
  }
  tools.tell({ kind: 'created', deploymentId: there.id, name });
  const params = { workspaceId: target.workspaceId, deploymentId: there.id };
  if (there.status === 'stopped') await target.api.startDeployment({ params, query: {} }, waiting);
  return push(target, source, there.id, tools);
}

async function targetAt(endpoint: LocalEndpoint, { clock, chance, signal }: JourneyTools): Promise<Target> {
  const { url, token, version } = endpoint;
  const userAgent = `patr-deployments/${version}`;
  const waiting = signal === undefined ? {} : { signal };
  const server = await openServer({ url, token, fetch, userAgent, clock, chance, timeoutMs }, waiting);
  const { workspaces } = await server.api.listWorkspaces(undefined, waiting);
  const [workspace] = workspaces;
  if (workspace === undefined) throw new SetupError('The control plane has no workspace to deploy to.');
  return { ...server, workspaceId: workspace.id, token };
}

async function findSample(
  { api, workspaceId }: Target,
  waiting: { signal?: AbortSignal },
): Promise<{ id: string; status: string } | undefined> {
  const all = api.pages('listDeployments', { params: { workspaceId } }, (page) => page.deployments, waiting);
  for await (const deployment of all) if (deployment.name === name) return deployment;
  return undefined;
}

async function firstRegion({ api, workspaceId }: Target, waiting: { signal?: AbortSignal }): Promise<string> {
  const { runners } = await api.listRunners({ params: { workspaceId } }, waiting);
  const [region] = runners;
  if (region === undefined) throw new SetupError('The control plane has no region to deploy to.');
  return region.id;
}

async function portsIn(source: Source): Promise<readonly number[]> {
  const text = await readDockerfile(source);
  return typeof text === 'string' ? portsOf(text) : [];
}
