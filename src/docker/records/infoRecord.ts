import type { EngineInfo } from '../engine.ts';
import { list, number, record, text, texts } from './facts.ts';

const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm/v7',
  armv6l: 'arm/v6',
  i686: '386',
  i386: '386',
};

/**
 * `GET /info` and `GET /version` together. `virtualMachine`: it is known from the outside that the engine runs in
 * one, as every engine for Linux containers on macOS and Windows does.
 */
export function infoOf(info: unknown, version: unknown, virtualMachine: boolean): EngineInfo {
  const raw = record(info);
  const told = record(version);
  const flavour = isPodman(told) ? 'podman' : 'docker';
  const apiVersion = text(told['ApiVersion']) ?? '';
  const os = text(raw['OSType']) ?? text(told['Os']) ?? 'linux';
  const machine = text(raw['Architecture']) ?? text(told['Arch']) ?? '';
  const desktop = /docker desktop/i.test(text(raw['OperatingSystem']) ?? '');
  return {
    id: text(raw['ID']) ?? '',
    name: text(raw['Name']) ?? '',
    version: text(told['Version']) ?? text(raw['ServerVersion']) ?? '',
    apiVersion,
    platform: `${os}/${architectures[machine] ?? machine}`,
    cpus: number(raw['NCPU']) ?? 0,
    memoryBytes: number(raw['MemTotal']) ?? 0,
    buildKit: speaksBuildKit(version),
    host: desktop || virtualMachine ? 'virtual' : 'native',
    rootless: texts(raw['SecurityOptions']).some((option) => option.includes('name=rootless')),
    ...cgroupsOf(text(raw['CgroupVersion'])),
    flavour,
  };
}

function cgroupsOf(version: string | undefined): Pick<EngineInfo, 'cgroups'> {
  return version === '1' ? { cgroups: 1 } : version === '2' ? { cgroups: 2 } : {};
}

/**
 * By the answer of `GET /version`: engines of Docker speak BuildKit from API 1.39 on, except those for Windows
 * containers; Podman never does.
 */
export function speaksBuildKit(version: unknown): boolean {
  const told = record(version);
  const api = text(told['ApiVersion']) ?? '0.0';
  return !isPodman(told) && text(told['Os']) !== 'windows' && compareApi(api, '1.39') >= 0;
}

function isPodman(version: Readonly<Record<string, unknown>>): boolean {
  return list(version['Components']).some((item) => /podman/i.test(text(record(item)['Name']) ?? ''));
}

/** Compares versions such as `1.41`: negative, zero or positive as for a sort. */
export function compareApi(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}
