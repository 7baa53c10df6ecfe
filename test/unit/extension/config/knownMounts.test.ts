import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KnownMounts, type KnownMount } from '../../../../src/extension/config/knownMounts.ts';

const at = (version: string, size = 3, changedAt?: number) => ({
  version,
  size,
  ...(changedAt === undefined ? {} : { changedAt }),
});
const bytes = (text: string) => Buffer.from(text);

/** The editor's own question before a save: whether what is there is newer than what it loaded, and of another size. */
function conflicts(loaded: { mtime: number; size: number }, now: { mtime: number; size: number }): boolean {
  return loaded.mtime < now.mtime && loaded.size !== now.size;
}

describe('what a window knows of config mounts', () => {
  it('lets a save go over the version that was known when it began', () => {
    const known = new KnownMounts();
    known.read('a', at('1'), 1);
    known.begin('a');
    known.see('a', at('2'), 2);
    assert.equal(known.expected('a'), '1');
    assert.equal(known.expected('a'), '2', 'it answers once for each save');
  });

  it('lets a save of what is not there go over nothing', () => {
    const known = new KnownMounts();
    known.miss('a');
    known.begin('a');
    known.see('a', at('1'), 1);
    assert.equal(known.expected('a'), null);
    assert.equal(new KnownMounts().expected('a'), undefined);
  });

  it('shows the editor a conflict for another content of the same size', () => {
    const known = new KnownMounts();
    const loaded = known.see('a', at('1', 8), 1);
    known.read('a', at('1', 8), 1);
    assert.ok(conflicts(loaded, known.see('a', at('2', 8), 2)));
  });

  it('goes on showing it after somebody compared, and not after what is there was taken over', () => {
    const known = new KnownMounts();
    const loaded = known.see('a', at('1', 3), 1);
    known.read('a', at('1', 3), 1);
    known.readBeside('a', { ...at('2', 3), bytes: bytes('two') }, 2);
    assert.ok(conflicts(loaded, known.see('a', at('2', 3), 3)));
    known.settle('a', 'one');
    assert.equal(known.base('a'), '1', 'an undone change is not what was read beside it');
    known.settle('a', 'two');
    assert.equal(known.base('a'), '2');
    assert.equal(known.see('a', at('2', 3), 4).size, 3);
  });

  it('shows it after the window was made anew', () => {
    const bases: Record<string, KnownMount> = {};
    const before = new KnownMounts({}, (key, base) => {
      if (base === undefined) delete bases[key];
      else bases[key] = base;
    });
    const loaded = before.see('a', at('1', 8), 1);
    before.read('a', at('1', 8), 1);
    const after = new KnownMounts(structuredClone(bases));
    assert.ok(conflicts(loaded, after.see('a', at('2', 8), 2)));
    assert.deepEqual(after.see('a', at('1', 8), 3).size, 8, 'and not for what it was made of');
    before.forget('a');
    assert.deepEqual(bases, {});
  });

  it('has times that grow with each version, whatever the clocks do', () => {
    const times = fc.array(fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }), {
      minLength: 2,
    });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 1000 }), (changes, now) => {
        const known = new KnownMounts();
        const seen = changes.map((changedAt, index) => known.see('a', at(String(index), 1, changedAt), now));
        for (const [index, one] of seen.entries()) {
          const before = seen[index - 1];
          if (before !== undefined) assert.ok(one.mtime > before.mtime);
        }
      }),
    );
  });

  it('never lets a save through over what nobody was shown', () => {
    const event = fc.constantFrom('foreign', 'look', 'type and save', 'compare', 'reload window');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (events, sameSize) => {
        let bases: Record<string, KnownMount> = {};
        const made = (): KnownMounts =>
          new KnownMounts(structuredClone(bases), (key, base) => {
            if (base !== undefined) bases = { ...bases, [key]: base };
          });
        let known = made();
        let version = 1;
        const now = () => at(String(version), sameSize ? 5 : 5 + version);
        let clock = 1;
        known.read('a', now(), clock);
        let loaded = known.see('a', now(), clock);
        let basis = version;
        for (const one of events) {
          clock += 1;
          if (one === 'foreign') version += 1;
          if (one === 'look') known.see('a', now(), clock);
          if (one === 'compare') known.readBeside('a', { ...now(), bytes: bytes(String(version)) }, clock);
          if (one === 'reload window') known = made();
          if (one !== 'type and save') continue;
          known.begin('a');
          const stat = known.see('a', now(), clock);
          if (conflicts(loaded, stat) || known.expected('a') !== String(version)) continue;
          assert.equal(basis, version, 'a save went over what nobody was shown');
          version += 1;
          basis = version;
          known.read('a', now(), clock);
          loaded = known.see('a', now(), clock);
        }
      }),
    );
  });
});
