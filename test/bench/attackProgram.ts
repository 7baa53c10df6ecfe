/**
 * An application and those who attack it, in a process of their own. It tells the port of the application first. Each
 * message is an attack, which ends the one before; it is answered with how many of its connections are open once all
 * of them were made.
 */
import { openIdleClients, type IdleClients, type Idleness } from '../support/edge/idleClients.ts';
import { startUpstream } from '../support/edge/upstream.ts';

export interface AttackWanted {
  readonly port: number;
  readonly count: number;
  readonly idleness: Idleness;
}

const upstream = await startUpstream('web', '127.1.0.7', 0);
const { id, address, port } = upstream;
let clients: IdleClients | undefined;

async function attack(wanted: AttackWanted): Promise<void> {
  clients?.close();
  clients = await openIdleClients(wanted.port, wanted.count, wanted.idleness);
  process.send?.({ open: clients.open() });
}

process.on('message', (wanted: AttackWanted) => void attack(wanted));
process.once('disconnect', () => process.exit(0));
process.send?.({ id, address, port });
