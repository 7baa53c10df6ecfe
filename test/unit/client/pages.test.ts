import assert from 'node:assert/strict';
import { readPages, type Page } from '../../../src/client/pages.ts';

const rows = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** A server with this list, and what was asked of it at a time at most. */
function serverOf(list: readonly number[], { most = 1000, tells = true } = {}) {
  const state = { asked: 0, now: 0, atOnce: 0, given: [] as AbortSignal[] };
  const ask = async (page: number, signal: AbortSignal): Promise<Page<number>> => {
    state.asked += 1;
    state.now += 1;
    state.given.push(signal);
    state.atOnce = Math.max(state.atOnce, state.now);
    await new Promise(setImmediate);
    state.now -= 1;
    const found = list.slice(page * most, (page + 1) * most);
    return { rows: found, total: tells ? (found.length === 0 ? 0 : list.length) : undefined };
  };
  return { state, ask };
}

describe('pages of a list', () => {
  it('are read a few at a time, and given in order, each row once', async () => {
    const { state, ask } = serverOf(rows(10_000), { most: 100 });
    assert.deepEqual(await Array.fromAsync(readPages(100, undefined, ask)), rows(10_000));
    assert.deepEqual([state.asked, state.atOnce], [100, 4]);
  });

  it('may be smaller than they were asked for', async () => {
    const { state, ask } = serverOf(rows(260), { most: 25 });
    assert.deepEqual(await Array.fromAsync(readPages(100, undefined, ask)), rows(260));
    assert.equal(state.asked, 11);
  });

  it('are read one after the other where nobody tells how many there are', async () => {
    const { state, ask } = serverOf(rows(450), { most: 200, tells: false });
    assert.deepEqual(await Array.fromAsync(readPages(200, undefined, ask)), rows(450));
    assert.deepEqual([state.asked, state.atOnce], [3, 1]);
  });

  it('are read on where the list has grown meanwhile', async () => {
    const list = rows(200);
    const { ask } = serverOf(list, { most: 100 });
    const found: number[] = [];
    for await (const row of readPages(100, undefined, ask)) {
      found.push(row);
      if (row === 0) list.push(200, 201);
    }
    assert.deepEqual(found, rows(202));
  });

  it('that are on their way are given up when one fails or whoever asked has left', async () => {
    const { state, ask } = serverOf(rows(1000), { most: 100 });
    for await (const row of readPages(100, undefined, ask)) if (row === 150) break;
    assert.ok(state.given.every(({ aborted }) => aborted));
    const broken = async (page: number, signal: AbortSignal): Promise<Page<number>> => {
      if (page === 2) throw new Error('cut');
      return await ask(page, signal);
    };
    const found: number[] = [];
    const reading = (async () => {
      for await (const row of readPages(100, undefined, broken)) found.push(row);
    })();
    await assert.rejects(reading, /cut/);
    assert.deepEqual(found, rows(200));
  });
});
