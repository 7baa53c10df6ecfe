import { listen } from '../../src/control-plane/server.ts';
import { controlPlaneOver } from './controlPlane.ts';
import { openFleet } from './scale.ts';

/** A program: API and loop over this many deployments on the fake executor. Prints where, when all of them run. */
const [deployments = '1000', instances = '5'] = process.argv.slice(2);
const fleet = openFleet(Number(deployments), Number(instances));
const plane = controlPlaneOver(fleet.notary, fleet.loop);
const running = fleet.running();
fleet.loop.start();
await running;
const server = await listen((request) => plane.app.fetch(request), { host: '127.0.0.1', port: 0 });
const { token } = plane;
const { workspaceId } = fleet.notary;
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.port}`, token, workspaceId })}\n`);
