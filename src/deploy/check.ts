import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { decode } from '../protocol/decode.ts';
import { resourceName } from '../protocol/wire.ts';
import type { Runner } from '../protocol/shapes/workspace.ts';
import { openContext } from '../image/buildContext.ts';
import { previewContext, type ContextPreview } from '../image/contextPreview.ts';
import { parseDockerfile } from '../image/dockerfile.ts';
import { exposedPorts } from '../image/dockerfileFacts.ts';
import type { Finding } from '../image/finding.ts';
import { preflight, type PreflightFacts } from '../image/preflight.ts';
import { registryFindings } from './registryFindings.ts';
import type { Source, Target } from './target.ts';

/** How long a region may take to connect, and how often it is looked at, in milliseconds. */
const [connectWithinMs, connectLookMs] = [8000, 250];

interface Waiting {
  readonly signal?: AbortSignal;
}

/** Text of the Dockerfile, or why there is none. */
export async function readDockerfile(source: Source): Promise<PreflightFacts['text']> {
  try {
    return await readFile(join(source.folder, source.dockerfile), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { missing: true };
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

/** Ports that the Dockerfile says its image listens on, over TCP. */
export function portsOf(dockerfileText: string): number[] {
  const ports = exposedPorts(parseDockerfile(dockerfileText)).filter(({ protocol }) => protocol === 'tcp');
  return Array.from(new Set(ports.map(({ port }) => port)));
}

/** What the build would send, without building. */
export async function previewOf(source: Source, waiting: Waiting = {}): Promise<ContextPreview> {
  return previewContext(await openContext(source), waiting);
}

/** Everything that can be told before minutes are spent. */
export async function check(
  target: Target,
  source: Source,
  wanted: { readonly name: string | undefined; readonly regionId: string; readonly ports: readonly number[] },
  clock: Clock,
  waiting: Waiting = {},
): Promise<{ readonly findings: readonly Finding[]; readonly region: Runner }> {
  const text = await readDockerfile(source);
  const context = typeof text === 'string' ? await previewOf(source, waiting) : undefined;
  const region = await regionOf(target, wanted.regionId, clock, waiting);
  const findings = preflight({
    dockerfile: source.dockerfile,
    text,
    ports: wanted.ports,
    ...(context === undefined ? {} : { context }),
    ...(region.platform === undefined ? {} : { regionPlatform: region.platform }),
    ...(region.freeBytes === undefined ? {} : { freeBytes: region.freeBytes }),
  });
  const names = wanted.name === undefined ? [] : await nameFindings(target, wanted.name, waiting);
  const registry = await registryFindings(target, waiting);
  return { findings: [...findings, ...regionFindings(region), ...registry, ...names], region };
}

/** A region that is not connected is given a moment: it may have been started anew just now. */
async function regionOf(target: Target, runnerId: string, clock: Clock, waiting: Waiting): Promise<Runner> {
  const params = { workspaceId: target.workspaceId, runnerId };
  const deadline = clock.now() + connectWithinMs;
  for (;;) {
    const { runner } = await target.api.getRunner({ params }, waiting);
    if (runner.connected || clock.now() >= deadline) return runner;
    await clock.sleep(connectLookMs, waiting.signal);
  }
}

function regionFindings(region: Runner): Finding[] {
  if (region.connected) return [];
  const why = region.message === undefined ? '' : ` ${region.message}`;
  const message = `The region ${region.name} is not connected.${why}`;
  return [{ severity: 'stop', code: 'regionUnreachable', message }];
}

async function nameFindings(target: Target, name: string, waiting: Waiting): Promise<Finding[]> {
  const problem = nameProblem(name);
  if (problem !== undefined) return [{ severity: 'stop', code: 'nameInvalid', message: problem }];
  if (!(await nameTaken(target, name, waiting))) return [];
  const message = `There is already a deployment called ${name}. Choose another name, or push to that one.`;
  return [{ severity: 'stop', code: 'nameTaken', message }];
}

/** What is wrong with a name by itself, as a sentence; undefined when it is fine. */
export function nameProblem(name: string): string | undefined {
  const decoded = decode(resourceName, name);
  return decoded.ok ? undefined : `The name ${decoded.fields[0]?.message ?? 'is not valid'}.`;
}

/** Whether a deployment of the workspace has the name; case makes no difference. */
export async function nameTaken(target: Target, name: string, waiting: Waiting = {}): Promise<boolean> {
  const { api, workspaceId } = target;
  const rows = api.pages(
    'listDeployments',
    { params: { workspaceId } },
    ({ deployments }) => deployments,
    waiting,
  );
  for await (const deployment of rows) {
    if (deployment.name.toLowerCase() === name.trim().toLowerCase()) return true;
  }
  return false;
}
