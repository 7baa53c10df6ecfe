import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  defaultPlanRules,
  type Scene,
  type Seen,
  type Step,
  type Wish,
} from '../../../../../src/control-plane/reconcile/plan/model.ts';
import { plan, serves } from '../../../../../src/control-plane/reconcile/plan/plan.ts';
import { aRelease, aScene } from './scenes.ts';

/** A small world that steps act upon, in which steps fail when chance says so. */
class World {
  seen: Seen[];
  volumes: { name: string; ordinal: number; abandoned: boolean }[];
  wish: Wish;
  now = 1_000_000;
  #ids = 0;

  constructor(wish: Wish, seen: Seen[], volumes: World['volumes']) {
    this.wish = wish;
    this.seen = seen;
    this.volumes = volumes;
  }

  scene(): Scene {
    return aScene({
      wish: this.wish,
      seen: this.seen,
      volumes: this.volumes,
      surroundings: false,
      now: this.now,
    });
  }

  /** Carries out a step, in the order of the product: it may do nothing at all. */
  act(step: Step): void {
    const change = (id: string, changes: Partial<Seen>): void => {
      this.seen = this.seen.map((one) => (one.id === id ? { ...one, ...changes } : one));
    };
    switch (step.kind) {
      case 'run': {
        const id = `new-${(this.#ids += 1)}`;
        const { releaseId, ordinal, restarts } = step;
        this.seen = [...this.seen, { ...blank, id, releaseId, ordinal, restarts, health: 'starting' }];
        if (this.usesVolumes()) this.volumes = withVolume(this.volumes, ordinal);
        return;
      }
      case 'drain':
        return change(step.instanceId, { drainingSince: this.now });
      case 'remove':
        return change(step.instanceId, { leaving: true });
      case 'removeVolume':
        this.volumes = this.volumes.filter(({ name }) => name !== step.volume);
        return;
      case 'releaseLive':
        this.wish = { ...this.wish, target: { ...this.wish.target!, state: 'live' }, fallback: undefined };
        return;
      case 'releaseFailed':
      case 'removeSurroundings':
      case 'wait':
        return;
    }
  }

  usesVolumes(): boolean {
    return this.wish.target?.exclusive === true;
  }

  /** Time goes on: what started is ready, what was told to end is gone, requests are answered. */
  pass(): void {
    this.now += 20_000;
    this.seen = this.seen
      .filter(({ leaving }) => !leaving)
      .map((one) => ({ ...one, health: one.health === 'starting' ? 'ready' : one.health, inFlight: 0 }));
  }
}

const blank: Seen = {
  id: '',
  releaseId: '',
  ordinal: 0,
  restarts: 0,
  health: 'ready',
  endedAt: undefined,
  ranForMs: 0,
  drainingSince: undefined,
  inFlight: 0,
  leaving: false,
};

function withVolume(volumes: World['volumes'], ordinal: number): World['volumes'] {
  const there = volumes.some((volume) => volume.ordinal === ordinal);
  return there ? volumes : [...volumes, { name: `v-${ordinal}`, ordinal, abandoned: false }];
}

const healths = fc.constantFrom<Seen['health']>('created', 'starting', 'ready', 'exited', 'failing');

const anySeen = fc
  .array(
    fc.record({
      release: fc.integer({ min: 1, max: 3 }),
      ordinal: fc.integer({ min: 0, max: 4 }),
      health: healths,
      restarts: fc.nat({ max: 5 }),
      draining: fc.boolean(),
      inFlight: fc.nat({ max: 2 }),
    }),
    { maxLength: 8 },
  )
  .map((rows) =>
    rows.map(({ release, draining, ...row }, index): Seen => ({
      ...blank,
      ...row,
      id: `seen-${index}`,
      releaseId: `r${release}`,
      endedAt: 990_000,
      drainingSince: draining ? 999_000 : undefined,
    })),
  );

const anyWish = fc
  .record({
    instances: fc.integer({ min: 0, max: 4 }),
    state: fc.constantFrom('new', 'rolling', 'live' as const),
    fallback: fc.boolean(),
    stopped: fc.boolean(),
  })
  .map(({ instances, state, fallback, stopped }): Wish => ({
    instances: stopped ? 0 : Math.max(1, instances),
    target: stopped ? undefined : aRelease(2, { state: state as 'new' }),
    fallback: fallback && state !== 'live' ? aRelease(1) : undefined,
    gone: false,
  }));

/** Runs the loop; `fails` decides for each step whether it is cut off. Returns the passes that it took. */
function settle(world: World, fails: () => boolean, look: (before: World['seen']) => void): number {
  for (let pass = 1; pass <= 200; pass += 1) {
    const steps = plan(world.scene(), defaultPlanRules).filter(({ kind }) => kind !== 'wait');
    const settled =
      steps.length === 0 && world.seen.every((one) => !one.leaving && one.health !== 'starting');
    const waits = plan(world.scene(), defaultPlanRules).length > 0;
    if (settled && !waits) return pass;
    const before = world.seen;
    for (const step of steps) if (pass > 40 || !fails()) world.act(step);
    look(before);
    world.pass();
  }
  return Number.POSITIVE_INFINITY;
}

describe('the planner from any state', () => {
  it('settles on what is wanted, however steps fail in between', () => {
    fc.assert(
      fc.property(anyWish, anySeen, fc.infiniteStream(fc.boolean()), (wish, seen, chance) => {
        const world = new World(wish, seen, []);
        const passes = settle(
          world,
          () => chance.next().value === true,
          () => undefined,
        );
        assert.ok(Number.isFinite(passes), JSON.stringify(plan(world.scene(), defaultPlanRules)));
        const serving = world.seen.filter(serves);
        assert.equal(serving.length, wish.instances);
        assert.equal(world.seen.length, wish.instances);
        assert.ok(serving.every(({ releaseId }) => releaseId === 'r2'));
        assert.equal(new Set(serving.map(({ ordinal }) => ordinal)).size, wish.instances);
      }),
      { numRuns: 400 },
    );
  });

  it('never has fewer ready instances than there were, or than are wanted, without volumes', () => {
    fc.assert(
      fc.property(anyWish, anySeen, fc.infiniteStream(fc.boolean()), (wish, seen, chance) => {
        const world = new World(wish, seen, []);
        settle(
          world,
          () => chance.next().value === true,
          (before) => {
            const least = Math.min(before.filter(serves).length, wish.instances);
            assert.ok(world.seen.filter(serves).length >= least);
          },
        );
      }),
      { numRuns: 400 },
    );
  });

  it('removes nothing that takes traffic without draining it first', () => {
    fc.assert(
      fc.property(anyWish, anySeen, (wish, seen) => {
        const world = new World(wish, seen, []);
        const serving = new Set(world.seen.filter(serves).map(({ id }) => id));
        for (const step of plan(world.scene(), defaultPlanRules)) {
          if (step.kind === 'remove') assert.ok(!serving.has(step.instanceId));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('starts nothing while room is short, and takes nothing that serves for it', () => {
    fc.assert(
      fc.property(anyWish, anySeen, fc.boolean(), (wish, seen, exclusive) => {
        const target = wish.target === undefined ? undefined : { ...wish.target, exclusive };
        const world = new World({ ...wish, target }, seen, []);
        const before = world.seen.filter(serves);
        for (const step of plan({ ...world.scene(), roomShort: true }, defaultPlanRules)) {
          assert.notEqual(step.kind, 'run');
          world.act(step);
        }
        const least = Math.min(before.filter(({ ordinal }) => ordinal < wish.instances).length, 1);
        assert.ok(world.seen.filter(serves).length >= least, JSON.stringify(world.seen));
      }),
      { numRuns: 1000 },
    );
  });

  it('never deletes the data of a slot that is wanted or used, and gives it one user', () => {
    fc.assert(
      fc.property(anyWish, anySeen, fc.infiniteStream(fc.boolean()), (wish, seen, chance) => {
        const target = wish.target === undefined ? undefined : { ...wish.target, exclusive: true };
        const volumes = [0, 1, 2, 3, 4].map((ordinal) => ({
          name: `v-${ordinal}`,
          ordinal,
          abandoned: false,
        }));
        const world = new World({ ...wish, target }, seen, volumes);
        const passes = settle(
          world,
          () => chance.next().value === true,
          () => {
            const kept = new Set(world.volumes.map(({ ordinal }) => ordinal));
            for (let ordinal = 0; ordinal < wish.instances; ordinal += 1) assert.ok(kept.has(ordinal));
            if (wish.instances === 0) assert.equal(kept.size, 5);
          },
        );
        assert.ok(Number.isFinite(passes));
        const users = world.seen.map(({ ordinal }) => ordinal);
        assert.equal(new Set(users).size, users.length);
      }),
      { numRuns: 400 },
    );
  });
});
