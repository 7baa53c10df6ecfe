import { rest, type Clock } from '../../base/clock.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { CertificateState } from '../../protocol/shapes/certificate.ts';
import { formatTimestamp } from '../../protocol/wire.ts';
import { decide, failed, readCertificate, renewalOf, type HostSet } from './decide.ts';
import type { AcmeMemory } from './memory.ts';
import type { AcmeAuthority, Challenges } from './order.ts';
import { AcmeRefusal, AcmeUnreachable } from './transport.ts';

/** The edge as the keeper needs it. */
export interface CertificateEdge extends Challenges {
  /** Key and chain that were put under the holder; absent: none, or none any more. */
  publicCertificate(holder: string): Promise<string | undefined>;
  /** Holders that something was put under. */
  publicHolders(): Promise<readonly string[]>;
  /** Serves it for these hosts from now on, without a reload. */
  putPublicCertificate(
    holder: string,
    hosts: readonly string[],
    pem: string,
    options: { signal: AbortSignal },
  ): Promise<void>;
  removePublicCertificate(holder: string, options: { signal: AbortSignal }): Promise<void>;
}

export interface AcmeKeeperParts {
  /** Everything that a certificate is wanted for, now. */
  readonly wanted: () => readonly HostSet[];
  /** Absent while it is not up. */
  readonly edge: () => CertificateEdge | undefined;
  readonly authority: AcmeAuthority;
  readonly memory: AcmeMemory;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
}

/** Without a reason everything is looked at this often, in milliseconds. */
const lookEveryMs = 3_600_000;
/** After a look that broke off. */
const againMs = 30_000;

/**
 * Gets certificates for hosts that the region's own authority cannot sign for, and renews them ahead of their end. One
 * order at a time, and never sooner after a refusal than the authority and good manners allow.
 */
export class AcmeKeeper {
  readonly #parts: AcmeKeeperParts;
  readonly #changed: Emitter<string>;
  readonly #states = new Map<string, CertificateState>();
  readonly #stopping = new AbortController();
  /** Those that were handed to the edge since the start: it may have been told by half. */
  readonly #served = new Set<string>();
  /** What was wanted at the last look, as text. */
  #looked = '';
  #woken = Promise.withResolvers<void>();
  #working: Promise<void> = Promise.resolve();

  constructor(parts: AcmeKeeperParts) {
    this.#parts = parts;
    this.#changed = new Emitter((error) =>
      parts.log.error('A listener failed', { error: describeError(error) }),
    );
  }

  /** Fires with the holder whose state would be told differently. */
  get onChange(): Event<string> {
    return this.#changed.event;
  }

  /** Undefined: it is not known (yet) that a certificate is wanted for it. */
  state(holder: string): CertificateState | undefined {
    return this.#states.get(holder);
  }

  /** Looks at everything now. */
  wake(): void {
    this.#woken.resolve();
  }

  /** What is wanted may have changed: then it is looked at now. */
  wakeIfChanged(): void {
    if (JSON.stringify(this.#parts.wanted()) !== this.#looked) this.wake();
  }

  start(): void {
    this.#working = this.#work();
  }

  /** Gives up what is under way; nothing that the authority said is lost. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#woken.resolve();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers<void>();
      const until = await this.#look(signal).catch((error: unknown) => {
        if (!signal.aborted) log.warn('Certificates were not looked at', { error: describeError(error) });
        return clock.now() + againMs;
      });
      const waited = new AbortController();
      const due = rest(clock, Math.max(0, until - clock.now()), AbortSignal.any([signal, waited.signal]));
      await Promise.race([due, this.#woken.promise]);
      waited.abort();
    }
  }

  /** Goes through everything that is wanted. Returns when something is due next. */
  async #look(signal: AbortSignal): Promise<number> {
    const { wanted, memory, clock } = this.#parts;
    const edge = this.#parts.edge();
    if (edge === undefined) return clock.now() + againMs;
    const sets = wanted();
    this.#looked = JSON.stringify(sets);
    await this.#forgetOthers(new Set(sets.map(({ holder }) => holder)), edge, signal);
    let next = clock.now() + lookEveryMs;
    for (const set of sets) next = Math.min(next, await this.#tendOrLater(set, edge, signal));
    return Math.max(next, Math.min(memory.quietUntil(), clock.now() + lookEveryMs));
  }

  /** What is wrong with one certificate keeps nobody from the others. */
  async #tendOrLater(set: HostSet, edge: CertificateEdge, signal: AbortSignal): Promise<number> {
    try {
      return await this.#tend(set, edge, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const { clock, log } = this.#parts;
      log.warn('A certificate was not looked after', {
        hosts: set.hosts.join(','),
        error: describeError(error),
      });
      return clock.now() + againMs;
    }
  }

  /** Looks after one certificate. Returns when it is due again. */
  async #tend(set: HostSet, edge: CertificateEdge, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const { memory, clock } = this.#parts;
    const { holder, hosts } = set;
    const pem = await edge.publicCertificate(holder);
    const served = pem === undefined ? undefined : readCertificate(pem);
    if (pem !== undefined && served !== undefined && !this.#served.has(holder)) {
      await edge.putPublicCertificate(holder, hosts, pem, { signal });
      this.#served.add(holder);
    }
    const attempts = memory.attempts(holder);
    const decision = decide(set, served, attempts, clock.now());
    const quiet = memory.quietUntil();
    if (decision.kind === 'order' && quiet <= clock.now()) return this.#order(set, edge, signal);
    this.#tell(holder, stateOf(set, served, attempts, Math.max(attempts?.nextAt ?? 0, quiet)));
    if (decision.kind === 'waits') return Number.POSITIVE_INFINITY;
    return decision.kind === 'rest' ? decision.until : quiet;
  }

  async #order(set: HostSet, edge: CertificateEdge, signal: AbortSignal): Promise<number> {
    const { authority, memory, clock, log, chance } = this.#parts;
    const { holder, hosts } = set;
    const before = this.#states.get(holder);
    this.#tell(holder, { ...validityOf(before), state: 'ordering' });
    try {
      const pem = await authority.order(hosts, edge, { signal });
      const served = readCertificate(pem);
      if (served === undefined)
        throw new AcmeRefusal('What the authority sent cannot be read.', '', undefined);
      await edge.putPublicCertificate(holder, hosts, pem, { signal });
      this.#served.add(holder);
      // It would be asked for again at once, and for ever.
      if (decide(set, served, undefined, clock.now()).kind !== 'rest')
        throw new AcmeRefusal(unfit, '', undefined);
      await memory.remember(holder, undefined);
      log.info('A certificate was issued', { hosts: hosts.join(','), until: served.endsAt });
      this.#tell(holder, stateOf(set, served, undefined, 0));
      return renewalOf(served);
    } catch (error) {
      if (signal.aborted) throw error;
      const refusal = refusalOf(error);
      const attempts = failed(set, memory.attempts(holder), refusal, clock.now(), chance);
      await memory.remember(holder, attempts);
      // A limit is on the account or on its address as a rule: other hosts would only make it worse.
      if (refusal.type === 'rateLimited') await memory.stayQuiet(attempts.nextAt);
      log.warn('A certificate was not issued', { hosts: hosts.join(','), error: refusal.message });
      const pem = await edge.publicCertificate(holder);
      const served = pem === undefined ? undefined : readCertificate(pem);
      this.#tell(holder, stateOf(set, served, attempts, attempts.nextAt));
      return attempts.nextAt;
    }
  }

  async #forgetOthers(
    holders: ReadonlySet<string>,
    edge: CertificateEdge,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#parts.memory.keepOnly(holders);
    for (const holder of this.#states.keys()) if (!holders.has(holder)) this.#states.delete(holder);
    for (const holder of await edge.publicHolders()) {
      if (holders.has(holder)) continue;
      this.#served.delete(holder);
      await edge.removePublicCertificate(holder, { signal });
    }
  }

  #tell(holder: string, state: CertificateState): void {
    if (JSON.stringify(this.#states.get(holder)) === JSON.stringify(state)) return;
    this.#states.set(holder, state);
    this.#changed.fire(holder);
  }
}

const unfit =
  'What the authority issued does not cover these names, or is due to be renewed already. Check the clock of this machine.';

type Refusal = Pick<AcmeRefusal, 'message' | 'type' | 'retryAfterMs'>;

function refusalOf(error: unknown): Refusal {
  if (error instanceof AcmeRefusal) return error;
  const late = error instanceof Error && error.name === 'TimeoutError';
  const message = late ? 'The authority did not finish the order in time.' : describeError(error);
  return { message, type: error instanceof AcmeUnreachable ? 'unreachable' : '', retryAfterMs: undefined };
}

/** Words that mean that the name leads elsewhere, or nowhere. */
const ofDns: ReadonlySet<string> = new Set(['dns', 'connection', 'unauthorized', 'incorrectResponse']);

function stateOf(
  { waitingFor }: HostSet,
  served: ReturnType<typeof readCertificate>,
  attempts: { readonly message: string; readonly type: string } | undefined,
  nextAt: number,
): CertificateState {
  const validity =
    served === undefined ? {} : { validUntil: formatTimestamp(served.endsAt), issuer: served.issuer };
  if (attempts !== undefined) {
    const next = { ...validity, message: attempts.message, nextTry: formatTimestamp(nextAt) };
    return { ...next, state: ofDns.has(attempts.type) ? 'waitingForDns' : 'failed' };
  }
  if (served !== undefined) return { ...validity, state: 'valid' };
  return waitingFor === undefined ? { state: 'ordering' } : { state: 'waitingForDns', message: waitingFor };
}

function validityOf(state: CertificateState | undefined): Pick<CertificateState, 'validUntil' | 'issuer'> {
  const { validUntil, issuer } = state ?? {};
  return {
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(issuer === undefined ? {} : { issuer }),
  };
}
