import { createServer } from 'node:net';
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

/** Ports that were used the last time, so that addresses stay the same; preferred ones at the first. */
export async function rememberedPorts(files: EdgeFiles, preferred: RegionPorts): Promise<RegionPorts> {
  const text = await files.read(remembered);
  return text === undefined ? preferred : { ...preferred, ...(JSON.parse(text) as Partial<RegionPorts>) };
}

export async function rememberPorts(files: EdgeFiles, ports: RegionPorts): Promise<void> {
  await files.write(remembered, JSON.stringify(ports));
}

/** The first port from `from` on that nobody listens on at loopback and that is not in `others`. */
export async function firstFree(from: number, others: readonly number[] = []): Promise<number> {
  for (let port = from; port < from + tries && port <= 65_535; port += 1) {
    if (!others.includes(port) && (await isFree(port))) return port;
  }
  throw new Error(
    `No port from ${from} to ${from + tries} is free on this machine. Choose others in the settings.`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
