import { installPackages } from './debian.ts';
import { run } from './processes.ts';

/** Clients of registries beside docker, each in the Debian package of its name. */
const clients = ['skopeo', 'buildah'];

/** Makes sure that the tests can push and pull with other people's clients. @throws with what the person has to do. */
export async function ensureRegistryClients(say: (line: string) => void = () => {}): Promise<void> {
  const missing: string[] = [];
  for (const client of clients) {
    const { code } = await run('sh', ['-c', 'command -v "$0"', client]);
    if (code !== 0) missing.push(client);
  }
  if (missing.length === 0) return;
  say(`Installing ${missing.join(' and ')}`);
  await installPackages(missing);
}
