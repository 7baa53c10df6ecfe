import type { BenchContext } from '../../scripts/bench/bench.ts';
import { must } from '../../scripts/setup/processes.ts';
import { freePort } from '../support/editor/freePort.ts';
import { startPlainRegistry } from './plainRegistry.ts';
import { untilAnswered } from './sampleVersions.ts';

/** An image that is made with the docker command line, and pushed to a plain registry of its own. */
export interface HandImage {
  readonly reference: string;
  build(): Promise<void>;
  /** Milliseconds of a push. */
  push(): Promise<number>;
  stop(): Promise<void>;
}

/** Of the sample in a folder. */
export async function startHandImage(images: BenchContext['images'], folder: string): Promise<HandImage> {
  const registry = await startPlainRegistry(images.registry);
  const reference = `${registry.host}/hand:latest`;
  const mark = `cloud.patr.test=patr-bench-hand-${process.pid}`;
  const options = ['--build-arg', `BASE=${images.node}`, '--label', mark, '--tag', reference];
  return {
    reference,
    async build() {
      await must('docker', ['build', '--quiet', ...options, folder]);
    },
    async push() {
      const started = performance.now();
      await must('docker', ['push', '--quiet', reference]);
      return performance.now() - started;
    },
    async stop() {
      await registry.stop();
      const built = await must('docker', ['image', 'ls', '--quiet', '--filter', `label=${mark}`]);
      await must('docker', ['image', 'rm', '--force', ...new Set(built.trim().split('\n'))]);
    },
  };
}

/** An instance that was started with the docker command line, and has answered. */
export interface HandInstance {
  /** Milliseconds from `docker run` to the first answer. */
  readonly answeredMs: number;
  /** Milliseconds from the start of its process to the first answer: another start, its container made before. */
  startUpMs(): Promise<number>;
  remove(): Promise<void>;
}

/** At a new port, with all else left alone. */
export async function runByHand(image: string, marker: string): Promise<HandInstance> {
  const name = `patr-bench-hand-${process.pid}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const started = performance.now();
  await must('docker', ['run', '--detach', '--name', name, '--publish', `127.0.0.1:${port}:8080`, image]);
  await untilAnswered(url, marker);
  return {
    answeredMs: performance.now() - started,
    async startUpMs() {
      await must('docker', ['kill', name]);
      await must('docker', ['start', name]);
      const running = performance.now();
      await untilAnswered(url, marker);
      return performance.now() - running;
    },
    async remove() {
      await must('docker', ['rm', '--force', '--volumes', name]);
    },
  };
}
