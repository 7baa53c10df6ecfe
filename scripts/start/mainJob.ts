import type { JourneyEvent, JourneyResult, JourneyStep } from '../../src/deploy/contract.ts';
import type { LocalEndpoint, LocalProgress } from '../../src/local/contract.ts';
import { SetupError } from '../setup/setupError.ts';
import { askAddress } from './askAddress.ts';
import type { Reporter, StepName } from './reporter.ts';

/** What the main job is made of, put together in `wiring.ts`. */
export interface MainJobParts {
  /** Brings the control plane up. */
  ensureControlPlane(onProgress: (progress: LocalProgress) => void): Promise<LocalEndpoint>;
  /** From the sample's Dockerfile to a verdict. */
  journey(endpoint: LocalEndpoint, onEvent: (event: JourneyEvent) => void): Promise<JourneyResult>;
}

/** Steps of the journey that `npm start` reports when they are finished. */
const reported: Partial<Readonly<Record<JourneyStep, StepName>>> = {
  build: 'built',
  push: 'pushed',
  rollout: 'rolled-out',
};

/**
 * The main job on the sample: control plane, build, push, rollout, an answer. Returns the address.
 * @throws SetupError when the deployment is not healthy or has no address.
 */
export async function doMainJob(
  parts: MainJobParts,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<string> {
  const endpoint = await reporter.during(
    'control-plane',
    () => parts.ensureControlPlane((progress) => reporter.say(lineFor(progress))),
    ({ url, version }) => ({ url, version }),
  );
  let createMs = 0;
  const result = await parts.journey(endpoint, (event) => {
    if (event.kind === 'started') reporter.say(`${event.step} …`);
    if (event.kind === 'finished' && event.step === 'create') createMs = event.ms;
    if (event.kind === 'created') {
      reporter.done('created', createMs, { name: event.name, id: event.deploymentId });
    }
    const step = event.kind === 'finished' ? reported[event.step] : undefined;
    if (event.kind === 'finished' && step !== undefined) reporter.done(step, event.ms);
  });
  const url = addressOf(result);
  await reporter.during(
    'served',
    () => askServing(url, signal),
    (status) => ({ url, status }),
  );
  return url;
}

async function askServing(url: string, signal: AbortSignal): Promise<number> {
  const { status, body } = await askAddress(url, signal);
  if (status >= 200 && status < 300) return status;
  throw new SetupError(`${url} answers ${status}: ${body.slice(0, 200)}`);
}

function addressOf(result: JourneyResult): string {
  switch (result.kind) {
    case 'serving':
      if (result.url !== undefined) return result.url;
      throw new SetupError(`${result.name} serves, but has no http port to ask.`);
    case 'created':
      throw new SetupError(`${result.name} is made, and not started. Start it in the editor.`);
    case 'pushed':
      throw new SetupError(
        result.because === 'stopped'
          ? `${result.name} is pushed and waits, because it is stopped. Start it in the editor.`
          : `${result.name} is pushed and waits, because deploy on push is off. Roll it out in the editor.`,
      );
    case 'unhealthy':
      throw new SetupError(`${result.name} is not healthy: ${result.reason.message}`);
  }
}

function lineFor(progress: LocalProgress): string {
  switch (progress.kind) {
    case 'pulling':
      return `Pulling ${progress.image}${progress.percent === undefined ? '' : ` ${progress.percent} %`}`;
    case 'building':
      return "Building the control plane's image";
    case 'starting':
      return 'Starting the control plane';
    case 'upgrading':
      return `Upgrading the control plane from ${progress.from} to ${progress.to}`;
    case 'ready':
      return `The control plane answers at ${progress.endpoint.url}`;
  }
}
