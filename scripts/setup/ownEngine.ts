import { installPackages } from './debian.ts';

/** What a test needs to start an engine of its own beside the machine's: networks and file systems of its own. */
export async function ensureOwnEngine(): Promise<void> {
  await installPackages(['docker.io', 'iproute2', 'iptables', 'util-linux', 'mount']);
}
