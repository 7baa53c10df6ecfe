import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { label } from '../../../src/control-plane/labels.ts';
import { Region, type RegionOptions } from '../../../src/control-plane/region/region.ts';
import { loadSigningKey } from '../../../src/control-plane/registry/signingKey.ts';
import { makeAuthority } from '../../../src/control-plane/tls/authority.ts';
import type { ContainerRecord, Engine } from '../../../src/docker/engine.ts';
import { openTestEngine, testImages } from '../engine.ts';

/** A region's name, state and engine, for one control plane after another. */
export interface RegionGround {
  readonly engine: Engine;
  readonly name: string;
  /** A control plane's region on this ground, brought up. */
  start(changes?: Partial<RegionOptions>): Promise<Region>;
  container(role: 'edge' | 'registry'): Promise<ContainerRecord | 'absent'>;
  /** Stops what was started and removes everything that carries the region's label. */
  close(): Promise<void>;
}

export async function openRegionGround(): Promise<RegionGround> {
  const test = await openTestEngine();
  const { engine } = test;
  const name = `test-${randomUUID().slice(0, 8)}`;
  const stateDir = await mkdtemp(join(tmpdir(), 'patr-region-'));
  const authority = await makeAuthority(name, 'localhost', Date.now());
  const { certificate } = await loadSigningKey(stateDir, () => Date.now());
  const started: Region[] = [];
  return {
    engine,
    name,
    async start(changes = {}) {
      const region = new Region({
        engine,
        name,
        placement: 'host',
        data: { kind: 'directory', stateDir },
        self: 'none',
        images: { registry: testImages().registry, edge: testImages().edge },
        preferredPorts: { registry: 0, http: 0, https: 0 },
        authority,
        domain: 'localhost',
        api: { publicUrl: 'http://127.0.0.1:9', internalUrl: 'http://127.0.0.1:9' },
        registry: {
          secrets: { uploads: 'u'.repeat(32), webhook: 'w'.repeat(32) },
          tokenCertificate: certificate,
        },
        clock: systemClock,
        log: silentLog,
        ...changes,
      });
      started.push(region);
      await region.start();
      return region;
    },
    container: (role) => engine.inspectContainer(`patr-${name}-${role}`),
    async close() {
      for (const region of started) await region.stop();
      const labels = { [label.region]: name };
      for (const { id } of await engine.listContainers({ labels })) await engine.removeContainer(id);
      for (const { id } of await engine.listNetworks({ labels })) await engine.removeNetwork(id);
      for (const volume of await engine.listVolumes({ labels })) await engine.removeVolume(volume.name);
      await test.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** The machine's clock, whose long waits end when the test says so. */
export function nudgedClock(): Clock & { nudge(): void } {
  let waiting: (() => void)[] = [];
  return {
    now: () => Date.now(),
    async sleep(ms, signal) {
      if (ms < 10_000) return systemClock.sleep(ms, signal);
      const nudged = new Promise<void>((resolve) => waiting.push(resolve));
      const aborted = new Promise<never>((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      await Promise.race([nudged, aborted]);
    },
    nudge() {
      for (const resolve of waiting.splice(0)) resolve();
      waiting = [];
    },
  };
}
