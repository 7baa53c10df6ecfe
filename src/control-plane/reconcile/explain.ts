import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { ObservedInstance } from '../executors/executor.ts';
import type { Health } from '../probes/watchInstance.ts';
import type { StartupCheck } from '../probes/rules.ts';

/** Everything that a reason for a broken instance can be told from. */
export interface Evidence {
  readonly instance: ObservedInstance;
  readonly health: Health | undefined;
  readonly startup: StartupCheck;
  readonly listening: readonly number[];
  readonly lines: readonly string[];
  readonly memoryBytes: number;
}

/** Why an instance is not well: what happened, why, what to do. */
export function explain(evidence: Evidence): Reason {
  const { instance, health, lines } = evidence;
  const shown = lines.length === 0 ? {} : { lines: [...lines] };
  if (instance.state === 'exited') return { ...exited(evidence), ...shown };
  if (instance.address === undefined) return { ...cutOff, ...shown };
  if (health?.kind === 'failing') {
    const message = `The liveness probe failed too often: the instance ${health.message}. Its output shows what it was doing.`;
    return { code: 'probeFailed', message, ...shown };
  }
  const words = failureWords(health);
  return { ...notReady(evidence, words), ...shown };
}

const cutOff: Reason = {
  code: 'engineFailed',
  message:
    'It was taken out of its network by somebody else, so that nobody reaches it. It is replaced by an instance in a new network.',
};

function failureWords(health: Health | undefined): string {
  if (health?.kind === 'notStarted') return health.message;
  if (health?.kind === 'starting') return health.last?.message ?? 'has not answered yet';
  return 'did not answer';
}

function exited({ instance, memoryBytes }: Evidence): Reason {
  const exitCode = instance.exitCode ?? 0;
  const after = seconds(instance);
  if (instance.outOfMemory) {
    const megabytes = Math.round(memoryBytes / 1_000_000);
    const message = `It used more than its ${megabytes} MB of memory and was ended${after}. Choose a larger machine type, or let it use less.`;
    return { code: 'outOfMemory', message, exitCode };
  }
  const known = exitWords[exitCode];
  if (known !== undefined)
    return { code: 'cannotStart', message: `It ended with code ${exitCode}${after}: ${known}`, exitCode };
  const message =
    exitCode === 0
      ? `It ended by itself with code 0${after}. A deployment has to keep running: start a server in the foreground.`
      : `It ended with code ${exitCode}${after}. Its last lines say why.`;
  return { code: 'exited', message, exitCode };
}

const exitWords: Readonly<Record<number, string>> = {
  126: 'the program that it shall run may not be executed. Check CMD, ENTRYPOINT and the file mode.',
  127: 'the program that it shall run does not exist in the image. Check CMD and ENTRYPOINT of the Dockerfile.',
};

function seconds({ startedAt, finishedAt }: ObservedInstance): string {
  if (startedAt === undefined || finishedAt === undefined || finishedAt < startedAt) return '';
  return ` after ${((finishedAt - startedAt) / 1000).toFixed(1)} s`;
}

function notReady({ startup, listening }: Evidence, words: string): Reason {
  if (startup.kind === 'settled')
    return { code: 'notReadyInTime', message: `It did not settle: it ${words}.` };
  const port = startup.kind === 'http' ? startup.probe.port : startup.port;
  const silent = words.includes('does not listen') || words.includes('did not answer on port');
  if (silent && listening.length > 0 && !listening.includes(port)) {
    const others = listening.join(', ');
    const message = `Nothing listens on port ${port}, but something does on ${others}. Change the deployment's port to ${listening[0]}, or let the application listen on ${port}.`;
    return { code: 'portNotListening', message, port, listening: [...listening] };
  }
  if (silent) {
    const message = `Nothing listens on port ${port} that can be reached from outside the instance. Let the application listen on 0.0.0.0:${port}, or change the deployment's port.`;
    return { code: 'portNotListening', message, port, listening: [...listening] };
  }
  return {
    code: 'probeFailed',
    message: `The startup probe did not succeed in time: the instance ${words}.`,
  };
}
