import assert from 'node:assert/strict';
import { bucketBounds, parseTimes, timesMapText } from '../../../../src/control-plane/edge/answerTimes.ts';
import { instanceTraffic } from '../../../../src/control-plane/edge/instanceTraffic.ts';
import type { SlotStat } from '../../../../src/control-plane/edge/proxyState.ts';

describe('times to answer', () => {
  it('are sorted by a map without a gap or an overlap, with one bucket beyond the last bound', () => {
    const ranges = timesMapText()
      .trim()
      .split('\n')
      .map((line) => /^(\d+):(\d*) (\d+)$/.exec(line)!.slice(1).map(Number) as [number, number, number]);
    assert.equal(ranges.length, bucketBounds.length + 1);
    for (const [index, [from, , bucket]] of ranges.entries()) {
      assert.equal(bucket, index);
      assert.equal(from, index === 0 ? 0 : ranges[index - 1]![1] + 1);
    }
    assert.equal(ranges[0]![1], 99);
  });

  it('are read from the table of the proxy', () => {
    const text = [
      '# table: times, type: string, size:65536, used:3',
      '0x55e642241508: key=iabc/0 use=0 exp=597479 gpc0=5463',
      '0x55e6422419b8: key=iabc/12 use=1 exp=597474 shard=0 gpc0=7',
      '0x7ff020099b48: key=hdef/88 use=0 exp=597465 gpc0=1',
      '',
    ].join('\n');
    assert.deepEqual(
      parseTimes(text),
      new Map([
        [
          'iabc',
          new Map([
            [0, 5463],
            [12, 7],
          ]),
        ],
        ['hdef', new Map([[88, 1]])],
      ]),
    );
    assert.deepEqual(parseTimes('No such table'), new Map());
  });
});

describe('what is counted at instances', () => {
  const server = (requests: number) => ({ current: 0, requests, answers: [0, requests, 0, 0, 0] as const });
  const slot = (servers: Record<string, number>): Pick<SlotStat, 'servers'> => ({
    servers: new Map(Object.entries(servers).map(([name, requests]) => [name, server(requests)])),
  });

  it('is put together over ports and protocols, and keeps the times of those that are no members any more', () => {
    const stat = new Map([
      [0, slot({ iabc: 3, idef: 1 })],
      [4, slot({ habc: 2 })],
    ]);
    const times = new Map([
      ['iabc', new Map([[5, 3]])],
      [
        'habc',
        new Map([
          [5, 1],
          [6, 1],
        ]),
      ],
      ['igone', new Map([[7, 9]])],
    ]);
    assert.deepEqual(
      instanceTraffic(stat, times),
      new Map([
        [
          'abc',
          {
            requests: 5,
            answers: [0, 5, 0, 0, 0],
            times: new Map([
              [5, 4],
              [6, 1],
            ]),
          },
        ],
        ['def', { requests: 1, answers: [0, 1, 0, 0, 0], times: new Map() }],
        ['gone', { requests: 0, answers: [0, 0, 0, 0, 0], times: new Map([[7, 9]]) }],
      ]),
    );
  });

  it('has no times where the edge does not count them', () => {
    assert.equal(instanceTraffic(new Map([[0, slot({ iabc: 3 })]]), undefined).get('abc')?.times, undefined);
  });
});
