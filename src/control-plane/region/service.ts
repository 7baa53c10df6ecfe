import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { ContainerRecord, ContainerSpec, Engine } from '../../docker/engine.ts';
import { label } from '../labels.ts';

/** The region cannot be brought up; the message says why and what to do. */
export class RegionError extends Error {
  override readonly name = 'RegionError';
}

interface Waiting {
  readonly signal?: AbortSignal;
}

/** Of the container specification of a service: what must be the same for a running one to be kept. */
export function specHash(spec: ContainerSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
}

export type ServiceOutcome =
  | { readonly kind: 'running'; readonly id: string }
  /** `message`: the engine's words, which name the port. */
  | { readonly kind: 'portTaken'; readonly message: string };

/**
 * Makes a container of the region run exactly as specified: what runs and fits is left alone, what differs is
 * replaced. `portTaken` is the caller's to decide; nothing is left behind then.
 */
export async function ensureService(
  engine: Engine,
  spec: ContainerSpec,
  options: Waiting = {},
): Promise<ServiceOutcome> {
  const hash = specHash(spec);
  const labelled = { ...spec, labels: { ...spec.labels, [label.spec]: hash } };
  const there = await engine.inspectContainer(spec.name, options);
  if (there !== 'absent' && fits(there, hash)) {
    if (there.state === 'running') return { kind: 'running', id: there.id };
  } else if (there !== 'absent') {
    await engine.stopContainer(there.id, 10, options);
    await engine.removeContainer(there.id, options);
  }
  const id = there !== 'absent' && fits(there, hash) ? there.id : await create(engine, labelled, options);
  const started = await engine.startContainer(id, options);
  if (started.kind === 'started') return { kind: 'running', id };
  await engine.removeContainer(id, options);
  if (started.kind === 'portTaken') return started;
  const why = started.kind === 'failed' ? started.message : 'it was removed in the meantime';
  throw new RegionError(`The container ${spec.name} could not be started: ${why}`);
}

function fits(record: ContainerRecord, hash: string): boolean {
  return record.labels[label.spec] === hash && record.state !== 'dead' && record.state !== 'removing';
}

async function create(engine: Engine, spec: ContainerSpec, options: Waiting): Promise<string> {
  const made = await engine.createContainer(spec, options);
  if (made === 'nameTaken') {
    throw new RegionError(
      `The name ${spec.name} is taken by a container that is not ours. Remove or rename it.`,
    );
  }
  if (made !== 'imageMissing') return made.id;
  await pullImage(engine, spec.image, options);
  const again = await engine.createContainer(spec, options);
  if (typeof again === 'object') return again.id;
  throw new RegionError(`The image ${spec.image} was pulled and is gone again. Look into the engine's log.`);
}

async function pullImage(engine: Engine, image: string, options: Waiting): Promise<void> {
  try {
    for await (const progress of engine.pull(image, undefined, options)) void progress;
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new RegionError(
      `The image ${image} is not on this machine and cannot be pulled. Check the network, or name another image in the settings.`,
      { cause: error },
    );
  }
}

/** A service that came to an end by itself, whether or not the engine is about to start it again. */
const endStates: ReadonlySet<ContainerRecord['state']> = new Set(['exited', 'dead', 'restarting']);

/** Asks again and again until it answers. @throws RegionError with the container's last words when it never does. */
export async function untilAnswering<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  what: { engine: Engine; id: string; name: string; clock: Clock; signal?: AbortSignal },
): Promise<T> {
  const limit = AbortSignal.timeout(30_000);
  const signal = what.signal === undefined ? limit : AbortSignal.any([limit, what.signal]);
  for (;;) {
    try {
      return await ask(signal);
    } catch (error) {
      if (what.signal?.aborted === true) throw error;
      const record = await what.engine.inspectContainer(what.id);
      const ended = record === 'absent' || endStates.has(record.state);
      if (ended || limit.aborted) {
        const words = await lastWords(what.engine, what.id);
        throw new RegionError(`${what.name} does not answer. Its last words: ${words}`, { cause: error });
      }
      await what.clock.sleep(50, what.signal);
    }
  }
}

async function lastWords(engine: Engine, id: string): Promise<string> {
  let text = '';
  try {
    const wanted = { follow: false, tail: 10 };
    for await (const { bytes } of engine.logs(id, wanted, { signal: AbortSignal.timeout(5000) })) {
      text += bytes.toString('utf8');
    }
  } catch (error) {
    text += `(its output cannot be read: ${String(error)})`;
  }
  return text.trim() === '' ? '(none)' : text.trim();
}
