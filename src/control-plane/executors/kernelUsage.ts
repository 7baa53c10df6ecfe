import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { StatsSample } from '../../docker/engine.ts';

/** Where the kernel's own files of the engine's machine are seen, if they are. */
export interface KernelFolders {
  readonly proc: string;
  readonly cgroup: string;
}

/** Where they are on the machine itself. */
export const ownKernel: KernelFolders = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/** A container whose files were found. */
export interface KernelContainer {
  readonly id: string;
  /** Of its first process. */
  readonly pid: number;
  readonly group: Group;
}

type Read = (folders: KernelFolders, group: string) => Omit<StatsSample, 'at'>;

interface Group {
  /** Below each controller's folder, or below the one of all. */
  readonly path: string;
  readonly read: Read;
}

/** Where the engine puts a container, with each of its two drivers of cgroups. */
const places = (id: string): readonly string[] => [`docker/${id}`, `system.slice/docker-${id}.scope`];

/**
 * A container's files; undefined where they cannot be seen from here, as behind a virtual machine. A process of the same
 * number on this machine is not taken for one of it.
 */
export function findContainer(folders: KernelFolders, id: string, pid: number): KernelContainer | undefined {
  for (const path of places(id))
    for (const read of [version2, version1]) {
      const container = { id, pid, group: { path, read } };
      if (kernelSample(folders, container, 0) !== undefined) return container;
    }
  return undefined;
}

/** What a container has used, as of `at`; undefined where its files are not there (any more). They are never on a disk. */
export function kernelSample(
  folders: KernelFolders,
  { id, pid, group }: KernelContainer,
  at: number,
): StatsSample | undefined {
  try {
    const own = join(folders.proc, String(pid));
    if (!textOf(own, 'cgroup').includes(id)) return undefined;
    return { at, ...group.read(folders, group.path), ...network(textOf(own, 'net/dev')) };
  } catch {
    return undefined;
  }
}

const version1: Read = ({ cgroup }, path) => {
  const memory = join(cgroup, 'memory', path);
  return {
    cpuNanoseconds: Number(textOf(cgroup, 'cpuacct', path, 'cpuacct.usage')),
    ...memoryOf(
      Number(textOf(memory, 'memory.usage_in_bytes')),
      fieldOf(textOf(memory, 'memory.stat'), 'total_inactive_file'),
      Number(textOf(memory, 'memory.limit_in_bytes')),
    ),
  };
};

const version2: Read = ({ cgroup }, path) => {
  const own = join(cgroup, path);
  const limit = textOf(own, 'memory.max').trim();
  return {
    cpuNanoseconds: fieldOf(textOf(own, 'cpu.stat'), 'usage_usec') * 1000,
    ...memoryOf(
      Number(textOf(own, 'memory.current')),
      fieldOf(textOf(own, 'memory.stat'), 'inactive_file'),
      limit === 'max' ? Infinity : Number(limit),
    ),
  };
};

/** As the engine counts it: without the page cache that is given back at once, and of no more than the machine has. */
function memoryOf(used: number, reclaimable: number, limit: number) {
  return { memoryBytes: Math.max(0, used - reclaimable), memoryLimitBytes: Math.min(limit, totalmem()) };
}

/** All of its networks, without what it says to itself: `  eth0: received packets … (8 columns) sent …`. */
function network(table: string): Pick<StatsSample, 'receivedBytes' | 'sentBytes'> {
  let [receivedBytes, sentBytes] = [0, 0];
  for (const [, name, columns = ''] of table.matchAll(/^ *([^:\s|]+): *(.*)$/gm)) {
    if (name === 'lo') continue;
    const values = columns.split(/ +/).map(Number);
    receivedBytes += values[0] ?? 0;
    sentBytes += values[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** Such files are answers of the kernel, and cost a fifth of it when they are read at once. */
function textOf(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8');
}
