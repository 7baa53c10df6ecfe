import { systemClock } from '../../src/base/clock.ts';
import { lineLog } from '../../src/base/log.ts';
import { LogCollector } from '../../src/control-plane/logs/logCollector.ts';
import { listen } from '../../src/control-plane/server.ts';
import { testControlPlane } from './controlPlane.ts';
import { addDeployment } from './deployments.ts';
import { openTestEngine } from './engine.ts';

/**
 * A control plane that does nothing but collect the output of one region's instances and answer for it, until it is
 * ended: `node logServer.ts REGION`. Prints where it answers, with which token, and a deployment's ids.
 */
const [region] = process.argv.slice(2);
if (region === undefined) throw new Error('A region is needed.');

const { engine } = await openTestEngine();
const plane = testControlPlane();
const log = lineLog(
  (line) => process.stderr.write(`${line}\n`),
  () => new Date(),
);
new LogCollector({ engine, region, store: plane.logs, clock: systemClock, log }).start();
const at = { host: '127.0.0.1', port: 0 };
const server = await listen((request, env) => plane.app.fetch(request, env), at);
const { token, notary } = plane;
const { id: deploymentId } = addDeployment(notary);
const { workspaceId } = notary;
const url = `http://127.0.0.1:${server.port}`;
process.stdout.write(`${JSON.stringify({ url, token, workspaceId, deploymentId })}\n`);
process.once('SIGTERM', () => {
  plane.dispose();
  process.exit(0);
});
