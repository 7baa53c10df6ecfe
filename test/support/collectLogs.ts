import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/base/clock.ts';
import { lineLog } from '../../src/base/log.ts';
import { LogCollector } from '../../src/control-plane/logs/logCollector.ts';
import { logRules, LogStore } from '../../src/control-plane/logs/logStore.ts';
import { openTestEngine } from './engine.ts';

/**
 * A process that collects the output of a region's instances into a folder until it is ended, for tests that end it in
 * the middle of it: `node collectLogs.ts FOLDER REGION`.
 */
const [folder, region] = process.argv.slice(2);
if (folder === undefined || region === undefined) throw new Error('A folder and a region are needed.');

const { engine } = await openTestEngine();
const log = lineLog(
  (line) => process.stderr.write(`${line}\n`),
  () => new Date(),
);
const common = { clock: systemClock, log };
const store = new LogStore({ folder, rules: logRules(64), ids: randomUUID, ...common });
new LogCollector({ engine, region, store, ...common }).start();
