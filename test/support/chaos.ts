/** Chance that a seed repeats: 0 to 1, the same numbers for the same seed (mulberry32). */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them, by chance. */
export function pick<T>(chance: () => number, all: readonly T[]): T {
  return all[Math.floor(chance() * all.length)]!;
}

/** In an order of chance. */
export function shuffled<T>(chance: () => number, all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, at: chance() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

type Deliver = (request: Request) => Promise<Response>;

/** What became of notifications. */
export interface Fates {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
}

/**
 * Stands before the webhook and does to notifications what can happen to them: a third gets lost, a third comes
 * twice, and some come late, after others that were sent later. The registry believes that all were delivered.
 */
export function unreliableWebhook(chance: () => number, deliver: Deliver) {
  const held: Request[] = [];
  const fates = { lost: 0, doubled: 0, late: 0 };
  return {
    fates: (): Fates => ({ ...fates }),
    async receive(request: Request): Promise<Response> {
      const fate = chance();
      if (fate < 1 / 3) {
        fates.lost += 1;
        return new Response(null, { status: 202 });
      }
      if (fate < 1 / 2) {
        fates.late += 1;
        held.push(request);
        return new Response(null, { status: 202 });
      }
      if (fate < 5 / 6) {
        fates.doubled += 1;
        await deliver(request.clone());
      }
      const answer = await deliver(request);
      if (chance() < 1 / 2) for (const late of held.splice(0)) await deliver(late);
      return answer;
    },
    /** Delivers what is still on its way, in an order of chance. */
    async release(): Promise<void> {
      for (const late of shuffled(chance, held.splice(0))) await deliver(late);
    },
  };
}
