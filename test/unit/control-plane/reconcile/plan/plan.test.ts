import assert from 'node:assert/strict';
import { aRelease, anInstance, aWish, now, steps } from './scenes.ts';

describe('the planner, without volumes', () => {
  const rollingOut = aWish({
    instances: 2,
    target: aRelease(2, { state: 'rolling' }),
    fallback: aRelease(1),
  });

  it('has nothing to do when everything is as it shall be', () => {
    assert.deepEqual(steps({ seen: [anInstance(1, 0)] }), []);
  });

  it('starts what is missing', () => {
    assert.deepEqual(steps({ wish: aWish({ instances: 2 }), seen: [anInstance(1, 1)] }), ['run r1 0']);
  });

  it('starts no more than a few at a time', () => {
    assert.equal(steps({ wish: aWish({ instances: 10 }) }).length, 4);
  });

  it('starts the new release beside the old one, which goes on serving', () => {
    const seen = [anInstance(1, 0), anInstance(1, 1)];
    assert.deepEqual(steps({ wish: rollingOut, seen }), ['run r2 0', 'run r2 1']);
  });

  it('drains one old instance for each new one that can take over', () => {
    const seen = [
      anInstance(1, 0),
      anInstance(1, 1),
      anInstance(2, 0),
      anInstance(2, 1, { health: 'starting' }),
    ];
    assert.deepEqual(steps({ wish: rollingOut, seen }), ['drain r1-0']);
  });

  it('waits for open requests before it removes a draining instance, up to the deadline', () => {
    const ready = [anInstance(2, 0), anInstance(2, 1)];
    const wish = aWish({ instances: 2, target: aRelease(2) });
    const draining = (since: number, inFlight: number) =>
      steps({ wish, seen: [...ready, anInstance(1, 0, { drainingSince: since, inFlight })] });
    assert.deepEqual(draining(now - 1000, 3), ['wait 250']);
    assert.deepEqual(draining(now - 1000, 0), ['remove r1-0']);
    assert.deepEqual(draining(now - 30_000, 3), ['remove r1-0']);
  });

  it('is live when every wanted instance serves and no other one does', () => {
    const seen = [anInstance(2, 0), anInstance(2, 1), anInstance(1, 0, { drainingSince: now, inFlight: 1 })];
    assert.deepEqual(steps({ wish: rollingOut, seen }), ['wait 250', 'releaseLive r2']);
  });

  it('starts a broken instance anew: at once first, then after a growing while', () => {
    const broken = (restarts: number) =>
      steps({ seen: [anInstance(1, 0, { health: 'exited', restarts, endedAt: now })] });
    assert.deepEqual(broken(0), ['remove r1-0', 'run r1 0 restart 1']);
    assert.deepEqual(broken(1), ['wait 10000']);
    assert.deepEqual(broken(3), ['wait 40000']);
    assert.deepEqual(broken(20), ['wait 300000']);
  });

  it('does not wait for a clock that was set back to come to where it was, and backs off under one that is ahead', () => {
    const broken = (endedAt: number) =>
      steps({ seen: [anInstance(1, 0, { health: 'exited', restarts: 1, endedAt })] });
    assert.deepEqual(broken(now + 3_600_000), ['remove r1-0', 'run r1 0 restart 2']);
    assert.deepEqual(broken(now + 2000), ['wait 12000']);
  });

  it('replaces an instance that was taken out of its network at once', () => {
    const seen = [anInstance(1, 0, { health: 'cutOff' })];
    assert.deepEqual(steps({ seen }), ['remove r1-0', 'run r1 0 restart 1']);
  });

  it('forgives what was before after ten minutes of health', () => {
    const seen = [anInstance(1, 0, { health: 'exited', restarts: 9, endedAt: now, ranForMs: 600_000 })];
    assert.deepEqual(steps({ seen }), ['remove r1-0', 'run r1 0 restart 1']);
  });

  it('gives up a release that broke too often before it was live, and keeps the one before', () => {
    const seen = [anInstance(1, 0), anInstance(1, 1), anInstance(2, 0, { health: 'exited', endedAt: now })];
    assert.deepEqual(steps({ wish: rollingOut, seen, targetFailures: 3 }), ['releaseFailed r2']);
    const failed = { ...rollingOut, target: aRelease(2, { state: 'failed' }) };
    assert.deepEqual(steps({ wish: failed, seen }), ['remove r2-0']);
  });

  it('gives up a release that cannot be started at all', () => {
    assert.deepEqual(steps({ wish: rollingOut, targetImpossible: true }), ['releaseFailed r2']);
  });

  it('never gives up a live release', () => {
    const seen = [anInstance(1, 0, { health: 'exited', endedAt: now })];
    assert.deepEqual(steps({ seen, targetFailures: 99, targetImpossible: true }), [
      'remove r1-0',
      'run r1 0 restart 1',
    ]);
  });

  it('replaces a broken instance of the release before while the new one is not there yet', () => {
    const seen = [
      anInstance(1, 0),
      anInstance(1, 1, { health: 'exited', endedAt: now }),
      anInstance(2, 0, { health: 'starting' }),
      anInstance(2, 1, { health: 'starting' }),
    ];
    assert.deepEqual(steps({ wish: rollingOut, seen }), ['remove r1-1', 'run r1 1 restart 1']);
  });

  it('takes the highest slots away when fewer are wanted, and drains them first', () => {
    assert.deepEqual(steps({ seen: [anInstance(1, 0), anInstance(1, 1)] }), ['drain r1-1']);
  });

  it('takes a double of a slot away', () => {
    const seen = [anInstance(1, 0), anInstance(1, 0, { id: 'double' })];
    assert.deepEqual(steps({ seen }), ['drain double']);
  });

  it('runs nothing while it is stopped, and drains what serves', () => {
    const wish = aWish({ instances: 0, target: undefined });
    assert.deepEqual(steps({ wish, seen: [anInstance(1, 0), anInstance(1, 1, { health: 'starting' })] }), [
      'drain r1-0',
      'remove r1-1',
    ]);
  });

  it('removes everything of a deleted deployment, in the order in which it is used', () => {
    const wish = aWish({ instances: 0, target: undefined, gone: true });
    const volumes = [{ name: 'v', ordinal: 0, abandoned: true }];
    assert.deepEqual(
      steps({ wish, volumes, surroundings: true, seen: [anInstance(1, 0, { leaving: true })] }),
      [],
    );
    assert.deepEqual(steps({ wish, volumes, surroundings: true }), ['removeVolume v']);
    assert.deepEqual(steps({ wish, surroundings: true }), ['removeSurroundings']);
    assert.deepEqual(steps({ wish }), []);
  });
});

describe('the planner, with volumes', () => {
  const old = aRelease(1, { exclusive: true });
  const wish = aWish({
    instances: 2,
    target: aRelease(2, { state: 'rolling', exclusive: true }),
    fallback: old,
  });

  it('changes one slot after another, and the old instance of a slot goes first', () => {
    assert.deepEqual(steps({ wish, seen: [anInstance(1, 0), anInstance(1, 1)] }), ['drain r1-0']);
    const drained = [anInstance(1, 0, { drainingSince: now }), anInstance(1, 1)];
    assert.deepEqual(steps({ wish, seen: drained }), ['remove r1-0']);
    assert.deepEqual(steps({ wish, seen: [anInstance(1, 1)] }), ['run r2 0']);
    assert.deepEqual(steps({ wish, seen: [anInstance(2, 0, { health: 'starting' }), anInstance(1, 1)] }), []);
    assert.deepEqual(steps({ wish, seen: [anInstance(2, 0), anInstance(1, 1)] }), ['drain r1-1']);
  });

  it('waits until whoever uses the data of a slot is gone', () => {
    const seen = [anInstance(1, 0, { leaving: true }), anInstance(1, 1)];
    assert.deepEqual(steps({ wish, seen }), []);
  });

  it('deletes the data of slots that are not wanted any more, once nothing runs in them', () => {
    const settled = aWish({ instances: 1, target: aRelease(1, { exclusive: true }) });
    const volumes = [
      { name: 'v-0', ordinal: 0, abandoned: false },
      { name: 'v-1', ordinal: 1, abandoned: false },
    ];
    const leaving = [anInstance(1, 0), anInstance(1, 1, { leaving: true })];
    assert.deepEqual(steps({ wish: settled, seen: leaving, volumes }), []);
    assert.deepEqual(steps({ wish: settled, seen: [anInstance(1, 0)], volumes }), ['removeVolume v-1']);
  });

  it('keeps the data while it is stopped', () => {
    const stopped = aWish({ instances: 0, target: undefined });
    assert.deepEqual(steps({ wish: stopped, volumes: [{ name: 'v', ordinal: 0, abandoned: false }] }), []);
  });
});

describe('the planner, while room is short', () => {
  const short = { roomShort: true };
  const replacing = aWish({ target: aRelease(2, { state: 'new' }), fallback: aRelease(1) });
  const withData = aWish({
    target: aRelease(2, { state: 'new', exclusive: true }),
    fallback: aRelease(1, { exclusive: true }),
  });

  it('starts nothing, and looks for room again and again', () => {
    assert.deepEqual(steps({ ...short }), ['wait 1000']);
    assert.deepEqual(steps({ ...short, wish: replacing, seen: [anInstance(1, 0)] }), ['wait 1000']);
  });

  it('keeps an instance with data serving that another release shall replace', () => {
    assert.deepEqual(steps({ wish: withData, seen: [anInstance(1, 0)] }), ['drain r1-0']);
    assert.deepEqual(steps({ ...short, wish: withData, seen: [anInstance(1, 0)] }), ['wait 1000']);
  });

  it('leaves a broken instance where it is, with its restarts and its output', () => {
    const seen = [anInstance(1, 0, { health: 'exited', restarts: 2, endedAt: now - 300_000 })];
    assert.deepEqual(steps({ ...short, seen }), ['wait 1000']);
    assert.deepEqual(steps({ seen }), ['remove r1-0', 'run r1 0 restart 3']);
  });

  it('takes down what is not wanted any more, which makes room', () => {
    const seen = [anInstance(1, 0), anInstance(1, 1, { drainingSince: now - 1000 })];
    assert.deepEqual(steps({ ...short, seen }), ['remove r1-1']);
  });
});
