import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sources = ['upstreamProgram.ts', 'upstream.ts', 'grpcUpstream.ts', 'grpc.ts'];
const library = join(import.meta.dirname, '../../../node_modules/ws');

const dockerfile = `ARG BASE=node:24-slim
FROM \${BASE}
WORKDIR /app
COPY . ./
EXPOSE 8080
CMD ["node", "upstreamProgram.ts"]
`;

/** A build context of the application that load tests talk to. Remove it with `close`. */
export interface UpstreamContext {
  readonly folder: string;
  /** Makes the next image another one. */
  change(marker: string): Promise<void>;
  close(): Promise<void>;
}

export async function upstreamContext(): Promise<UpstreamContext> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-upstream-'));
  for (const name of sources) await cp(join(import.meta.dirname, name), join(folder, name));
  await cp(library, join(folder, 'node_modules', 'ws'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  return {
    folder,
    change: (marker) => writeFile(join(folder, 'marker'), marker),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
