import assert from 'node:assert/strict';
import {
  parseMap,
  parseOpenConnections,
  parseServerLimits,
  parseServersState,
  parseStat,
  parseVariable,
  slotOf,
} from '../../../../src/control-plane/edge/proxyState.ts';
import { replacedWorkers } from '../../../../src/control-plane/edge/workers.ts';

describe('what the proxy shows of itself', () => {
  const head =
    '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port';
  const server = (name: string, admin: number, weight: number): string =>
    `4 slot1 1 ${name} 10.210.0.2 2 ${admin} ${weight} 100 8080`;

  it('tells the state of a server from its administrative bits and its weight', () => {
    const lines = [
      server('ready', 0, 100),
      server('maintained', 1, 100),
      server('by-config', 4, 100),
      server('drained', 8, 100),
      server('weightless', 0, 0),
    ];
    const states = parseServersState([head, ...lines, ''].join('\n')).map(({ name, state }) => [name, state]);
    assert.deepEqual(states, [
      ['ready', 'ready'],
      ['maintained', 'maintenance'],
      ['by-config', 'maintenance'],
      ['drained', 'drain'],
      ['weightless', 'drain'],
    ]);
  });

  it('passes over backends that are not slots, and text that is no table', () => {
    assert.deepEqual(parseServersState(`${head}\n9 nowhere 1 x 10.0.0.1 2 0 100 100 80`), []);
    assert.deepEqual(parseServersState(''), []);
    assert.deepEqual(parseServersState('No such backend.'), []);
    assert.equal(slotOf('slot12'), 12);
    assert.equal(slotOf('slot'), undefined);
    assert.equal(slotOf('slot1x'), undefined);
  });

  it('reads a variable, and that there is none', () => {
    assert.equal(parseVariable('proc.patr_config: type=str value=<e51d>\n'), 'e51d');
    assert.equal(parseVariable('Variable not found.\n'), undefined);
  });

  it('reads how many requests servers have at once', () => {
    const table = '# pxname,svname,slim,\nslot0,iaaa,5000,\nslot0,ibbb,,\n\n';
    const limits = parseServerLimits(table);
    assert.deepEqual([limits.get('iaaa'), limits.get('ibbb'), limits.get('iccc')], [5000, 0, undefined]);
  });

  it('reads entries of a map', () => {
    const text = '0x1 web.localhost/ slot0\n0x2 8080-aaa.localhost/ slot0\n\n';
    assert.deepEqual(Array.from(parseMap(text)), [
      ['web.localhost/', 'slot0'],
      ['8080-aaa.localhost/', 'slot0'],
    ]);
  });

  const stat = [
    '# pxname,svname,scur,dreq,econ,eresp,req_tot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,',
    'public,FRONTEND,7,0,,,99,0,0,0,0,0,',
    'slot0,iaaa,3,,1,2,40,1,30,4,3,2,',
    'slot0,BACKEND,3,4,1,2,50,1,30,4,3,12,',
    'slot1,BACKEND,0,0,0,0,0,0,0,0,0,0,',
    'nowhere,BACKEND,0,1,0,0,1,0,0,0,1,0,',
  ].join('\n');

  it('reads totals of a slot and the load of its servers', () => {
    const slots = parseStat(stat);
    assert.deepEqual(Array.from(slots.keys()), [0, 1]);
    const { servers, ...totals } = slots.get(0)!;
    assert.deepEqual(totals, { requests: 50, failures: 7, answers: [1, 30, 4, 3, 12] });
    const load = { current: 3, requests: 40, answers: [1, 30, 4, 3, 2] };
    assert.deepEqual(Array.from(servers), [['iaaa', load]]);
  });

  it('reads how many clients a worker has', () => {
    assert.equal(parseOpenConnections(stat), 7);
    assert.equal(parseOpenConnections(''), 0);
  });

  it('finds workers that were replaced, and those only', () => {
    const line = (pid: number, type: string): string =>
      `${pid}              ${type}          1      0d00h00m01s  2.6`;
    const [master, worker] = [line(1, 'master'), line(9, 'worker')];
    assert.deepEqual(replacedWorkers(`#<PID>\n${master}\n# workers\n${worker}\n# programs\n\n`), []);
    const old = [line(7, 'worker'), line(8, 'worker')].join('\n');
    const text = `#<PID>\n${master}\n# workers\n${worker}\n# old workers\n${old}\n# programs\n\n`;
    assert.deepEqual(replacedWorkers(text), [7, 8]);
  });
});
