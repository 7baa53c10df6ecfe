import type { Generation } from '../../../src/client/generations/dialect.ts';
import { listen } from '../../../src/control-plane/server.ts';
import { testControlPlane } from '../controlPlane.ts';
import { startCurrent } from './current.ts';
import type { PatrDouble } from './double.ts';
import { startLegacy } from './legacy.ts';
import { hasRun, startRewrite } from './rewrite.ts';

/** A server of one generation, and what of its inside a test may touch. */
export interface OpenedServer {
  readonly url: string;
  readonly token: string;
  /** What it has answered, as far as it notes that. */
  readonly asked: readonly string[];
  /** The double itself, where it is one. */
  readonly double?: PatrDouble;
  /** A deployment ran these digests, the first one last. */
  ran?(deploymentId: string, digests: readonly string[]): void;
  close(): Promise<void>;
}

/** Our control plane without an engine, and the double of each generation of Patr. */
export const openServerOf: Readonly<Record<Generation, () => Promise<OpenedServer>>> = {
  own: openOwn,
  legacy: async () => doubled(await startLegacy()),
  rewrite: async () => doubled(await startRewrite()),
  current: async () => doubled(await startCurrent()),
};

async function openOwn(): Promise<OpenedServer> {
  const plane = testControlPlane();
  const server = await listen((request, env) => plane.app.fetch(request, env), {
    host: '127.0.0.1',
    port: 0,
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    token: plane.token,
    asked: [],
    async close() {
      plane.stopping.abort();
      await server.close();
      await plane.logs.close();
      plane.dispose();
    },
  };
}

function doubled(double: PatrDouble): OpenedServer {
  return {
    url: double.url,
    token: double.world.token,
    asked: double.asked,
    double,
    ran: (id, digests) => hasRun(double.world, id, digests),
    close: () => double.stop(),
  };
}
