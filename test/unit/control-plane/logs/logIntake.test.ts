import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLog } from '../../../../src/base/log.ts';
import type { LogEntry } from '../../../../src/control-plane/logs/logEntry.ts';
import type { LogIntake } from '../../../../src/control-plane/logs/logIntake.ts';
import { LineAssembler } from '../../../../src/control-plane/logs/lineAssembler.ts';
import { logRules, LogStore } from '../../../../src/control-plane/logs/logStore.ts';
import { aMessage, logTime } from '../../../support/logFrames.ts';

const [noisy, calm] = ['a'.repeat(32), 'b'.repeat(32)];
const megabyte = 1024 * 1024;

describe('taking output in', () => {
  let folder: string;
  let store: LogStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-test-logs-'));
    const common = { clock: systemClock, log: silentLog };
    store = new LogStore({ folder, rules: logRules(1), ids: () => '12345678', ...common });
  });

  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function intakeOf(id: string): Promise<LogIntake> {
    const intake = await store.of(id);
    assert.ok(intake !== 'gone');
    return intake;
  }

  async function bytesIn(id: string): Promise<number> {
    const files = await readdir(join(folder, id));
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, id, file))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  function entry(n: number): LogEntry {
    const content = { kind: 'line', bytes: Buffer.from(`line ${n}`) } as const;
    return { containerId: 'c', instanceId: 'i', stream: 'stdout', at: logTime(n), content };
  }

  it('bounds what waits and what is kept of a noisy one, and keeps no other one waiting', async () => {
    const [noise, quiet] = [await intakeOf(noisy), await intakeOf(calm)];
    const assembler = new LineAssembler({ containerId: 'n', instanceId: 'n' }, {});
    const rubbish = Buffer.alloc(800, 0xfe);
    let most = 0;
    for (let round = 0; round < 40; round += 1) {
      const messages = Array.from({ length: 1000 }, (_, n) => aMessage(round * 1000 + n, rubbish));
      noise.offer('n', assembler.push(messages));
      most = Math.max(most, noise.waitingBytes);
      quiet.offer('c', [entry(round)]);
      await quiet.settled();
      await noise.room();
    }
    await noise.settled();
    assert.equal(quiet.stored.end, 41);
    assert.equal(noise.stored.end, 40_001);
    assert.ok(most < 6 * megabyte, `${most} bytes waited`);
    assert.ok((await bytesIn(noisy)) <= megabyte, `${await bytesIn(noisy)} bytes are kept`);
  });

  it('stores every line once, though the disk refuses them for a while', async () => {
    const intake = await intakeOf(calm);
    const append = intake.stored.append.bind(intake.stored);
    let refusals = 2;
    intake.stored.append = (entries, from) =>
      refusals-- > 0 ? Promise.reject(new Error('no space left on device')) : append(entries, from);
    intake.offer('c', [1, 2, 3].map(entry));
    await intake.settled();
    assert.equal(intake.stored.end, 4);
  });
});
