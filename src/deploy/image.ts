import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/log.ts';
import { isEngineError, type BuildProgress, type Engine } from '../docker/engine.ts';
import { buildImage } from '../image/buildImage.ts';
import { formatBytes } from '../base/formatBytes.ts';
import { pushImage, type PushState } from '../image/pushImage.ts';
import { JourneyError } from './errors.ts';
import type { StepReport } from './steps.ts';
import type { Source, Target } from './target.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** Builds the image under a reference; steps and output are reported as they come. @throws BuildFailure. */
export async function build(
  engine: Engine,
  source: Source,
  wanted: { readonly reference: string; readonly platform: string | undefined },
  report: StepReport,
  waiting: Waiting,
): Promise<void> {
  const request = {
    folder: source.folder,
    dockerfile: source.dockerfile,
    tags: [wanted.reference],
    labels: await labelsFor(source.folder),
    buildArguments: source.buildArguments,
    ...(wanted.platform === undefined ? {} : { platform: wanted.platform }),
  };
  for await (const progress of buildImage(engine, request, waiting)) reportBuild(progress, report);
}

function reportBuild(progress: BuildProgress, report: StepReport): void {
  if (progress.kind === 'output') {
    report.output(progress.text);
  } else if (progress.kind === 'step') {
    const { name, state, number, of } = progress;
    if (state === 'started') {
      const place = number === undefined || of === undefined ? '' : `step ${number}/${of} `;
      report.progress(
        `${place}${name}`,
        number === undefined || of === undefined ? undefined : (number - 1) / of,
      );
    }
    report.output(
      `${stepWords[state]} ${name}${progress.message === undefined ? '' : `: ${progress.message}`}\n`,
    );
  }
}

const stepWords = { started: '=>', cached: '=> cached', finished: '=> done', failed: '=> FAILED' } as const;

/** A push that breaks off goes on from where it was, this often and after this long, in milliseconds. */
const pushWaits = [1000, 3000, 6000];

/** Pushes the image and resolves with the digest that the registry has under the tag now. @throws JourneyError. */
export async function push(
  { engine, clock }: { readonly engine: Engine; readonly clock: Clock },
  target: Target,
  reference: string,
  report: StepReport,
  waiting: Waiting,
): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await pushOnce(engine, target, reference, report, waiting);
    } catch (error) {
      waiting.signal?.throwIfAborted();
      const wait = pushWaits[tries];
      if (wait === undefined || !isPassing(error)) throw pushFailure(target.backend.registry.host, error);
      report.output(`${describeError(error)}\n`);
      report.progress('the push broke off and goes on in a moment');
      await clock.sleep(wait, waiting.signal);
    }
  }
}

/** Whether the same push may succeed a moment later: the registry, or who vouches for us, was away. */
function isPassing(error: unknown): boolean {
  return (
    isEngineError(error, 'failed') && ![insistsOnHttps, distrusts].some((one) => one.test(error.message))
  );
}

async function pushOnce(
  engine: Engine,
  { backend, token }: Target,
  reference: string,
  report: StepReport,
  waiting: Waiting,
): Promise<string> {
  const { host: server, username } = backend.registry;
  const auth = { server, username, password: token };
  for await (const update of pushImage(engine, reference, auth, waiting)) {
    if (update.kind === 'pushed') {
      report.output(`pushed ${reference} as ${update.digest}\n`);
      return update.digest;
    }
    report.progress(forecast(update), update.share);
  }
  throw new JourneyError(
    'The push ended without a digest, so what is in the registry is not known. Push again.',
    ['retry', 'showOutput'],
  );
}

function forecast({ layers, alreadyThere, leftBytes }: PushState): string {
  const left = leftBytes === 0 ? '' : `, ${formatBytes(leftBytes)} left`;
  return `${alreadyThere} of ${layers} layers are there already${left}`;
}

const insistsOnHttps = /server gave HTTP response to HTTPS client/i;
/** The engine has a list of authorities of its own, which knows nothing of a certificate that a person trusts here. */
const distrusts = /x509|failed to verify certificate|certificate signed by unknown authority/i;

function pushFailure(server: string, error: unknown): JourneyError {
  if (error instanceof JourneyError) return error;
  const words = error instanceof Error ? error.message : String(error);
  // The registry's own words, such as that its disk is full, say what to do.
  const told = /^denied: (?!requested access)(.+)$/.exec(words)?.[1];
  if (told !== undefined) {
    return new JourneyError(`The registry ${server} refuses the push: ${told}`, ['retry', 'showOutput'], {
      cause: error,
    });
  }
  if (isEngineError(error, 'denied')) {
    const message = `The registry ${server} refuses the push. The token may have been revoked: connect again. (${words})`;
    return new JourneyError(message, ['retry', 'showOutput'], { cause: error });
  }
  if (insistsOnHttps.test(words)) {
    const message = `The engine insists on HTTPS for ${server}. Its configuration names insecure registries without 127.0.0.0/8; add it there and restart the engine.`;
    return new JourneyError(message, ['retry', 'showOutput'], { cause: error });
  }
  if (distrusts.test(words)) {
    const message = `The engine does not trust the certificate of ${server}. Put the certificate, or that of its authority, into /etc/docker/certs.d/${server}/ca.crt on the engine's machine, and push again. (${words})`;
    return new JourneyError(message, ['retry', 'showOutput'], { cause: error });
  }
  const message = `The push to ${server} broke off: ${words}. What was sent stays there, so another try goes on from it.`;
  return new JourneyError(message, ['retry', 'showOutput'], { cause: error });
}

/** The commit that is built, so that it can be told later what is live. Absent outside of a git checkout. */
async function labelsFor(folder: string): Promise<Readonly<Record<string, string>>> {
  const revision = await headOf(join(folder, '.git'));
  return revision === undefined ? {} : { 'org.opencontainers.image.revision': revision };
}

async function headOf(git: string): Promise<string | undefined> {
  try {
    const head = (await readFile(join(git, 'HEAD'), 'utf8')).trim();
    const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head) ?? [];
    const commit = ref === undefined ? head : (await readFile(join(git, ref), 'utf8')).trim();
    return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  } catch {
    // No repository here, or one whose references are packed: then nothing is claimed.
    return undefined;
  }
}
