/** Clients that mean no good, in a process of their own: `port count idleness`. It says when all are there. */
import { openIdleClients, type Idleness } from '../support/edge/idleClients.ts';

const [port = '', count = '', idleness = '{}'] = process.argv.slice(2);
const clients = await openIdleClients(Number(port), Number(count), JSON.parse(idleness) as Idleness);
const report = (): boolean => process.send?.({ open: clients.open() }) ?? false;
process.on('message', report);
process.once('disconnect', () => process.exit(0));
report();
