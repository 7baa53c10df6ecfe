import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { EdgeFiles } from '../edge/edgeFiles.ts';

/** Loopback ports that people reach the region at. */
export interface RegionPorts {
  readonly registry: number;
  readonly http: number;
  readonly https: number;
}

const remembered = 'ports.json';
/** How many ports after a taken one are tried. */
const tries = 200;

interface Remembered {
  readonly preferred: RegionPorts;
  readonly chosen: RegionPorts;
}

/** Ports that were used the last time, so that addresses stay the same; not those whose preference changed since. */
export async function rememberedPorts(
  files: EdgeFiles,
  preferred: RegionPorts,
): Promise<Partial<RegionPorts>> {
  const text = await files.read(remembered);
  if (text === undefined) return {};
  const kept = JSON.parse(text) as Partial<Remembered>;
  const same = (name: keyof RegionPorts): boolean => kept.preferred?.[name] === preferred[name];
  const { chosen } = kept;
  if (chosen === undefined) return {};
  return {
    ...(same('registry') ? { registry: chosen.registry } : {}),
    ...(same('http') ? { http: chosen.http } : {}),
    ...(same('https') ? { https: chosen.https } : {}),
  };
}

export async function rememberPorts(
  files: EdgeFiles,
  preferred: RegionPorts,
  chosen: RegionPorts,
): Promise<void> {
  const kept: Remembered = { preferred, chosen };
  const text = JSON.stringify(kept);
  if ((await files.read(remembered)) !== text) await files.write(remembered, text);
}

/** Where a service goes: where it was if it is there now, else the first free port from there on. */
export async function choosePort(wanted: {
  readonly last: number | undefined;
  readonly preferred: number;
  readonly serving: boolean;
  readonly others?: readonly number[];
}): Promise<number> {
  const { last, preferred, serving, others } = wanted;
  return last !== undefined && serving ? last : firstFree(last ?? preferred, others);
}

/** The first port from `from` on that nobody listens on at loopback and that is not in `others`; 0: any free one. */
export async function firstFree(from: number, others: readonly number[] = []): Promise<number> {
  if (from === 0) return (await listenable(0)) ?? firstFree(49_152, others);
  for (let port = from; port < from + tries && port <= 65_535; port += 1) {
    if (!others.includes(port) && (await listenable(port)) !== undefined) return port;
  }
  throw new Error(
    `No port from ${from} to ${from + tries} is free on this machine. Choose others in the settings.`,
  );
}

async function listenable(port: number): Promise<number | undefined> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}
