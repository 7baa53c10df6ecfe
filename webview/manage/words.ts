import { formatBytes } from '../../src/base/formatBytes.ts';
import type { InstanceUsage, RolloutProof } from '../../src/protocol/shapes/release.ts';
import type { CertificateState } from '../../src/protocol/shapes/certificate.ts';
import { parseTimestamp } from '../../src/protocol/wire.ts';

const units = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1000 },
] as const;

/** `3 days`, `1 hour`, `12 seconds`: a length of time by its largest unit. */
export function durationWords(ms: number): string {
  const unit = units.find((one) => ms >= one.ms) ?? units[3];
  const count = Math.max(0, Math.floor(ms / unit.ms));
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}

/** How long ago something was; empty where its time cannot be read. */
export function agoWords(timestamp: string | number, now: number): string {
  const at = parseTimestamp(timestamp);
  return at === undefined ? '' : `${durationWords(now - at)} ago`;
}

/** A time by the person's own clock. */
export function timeWords(timestamp: string | number): string {
  const at = parseTimestamp(timestamp);
  return at === undefined ? '' : new Date(at).toLocaleString();
}

/** How it stands with a certificate, as a person says it. */
export function certificateWords(certificate: CertificateState): string {
  const { state, validUntil, message, nextTry } = certificate;
  const until = validUntil === undefined ? undefined : `Certificate valid until ${timeWords(validUntil)}.`;
  const again = nextTry === undefined ? '' : ` Asked again ${timeWords(nextTry)}.`;
  const words = {
    valid: undefined,
    ordering: 'A certificate is being got.',
    waitingForDns: `Certificate waiting for DNS: ${message ?? 'the name does not lead here yet.'}${again}`,
    failed: `No new certificate: ${message ?? 'the authority refused.'}${again}`,
    unknown: undefined,
  }[state];
  return [until, words].filter((part) => part !== undefined).join(' ');
}

/** `850 ms`, `2.4 s`: for what takes no minutes. */
export function shortWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What a rollout did to the traffic. */
export function proofWords({ requests, failures, cutOverMs, drainMs }: RolloutProof): string {
  const asked = requests === 1 ? '1 request' : `${requests.toLocaleString('en-US')} requests`;
  const failed = failures === 0 ? 'none failed' : `${failures.toLocaleString('en-US')} failed`;
  return `${asked} while it rolled out, ${failed}; cut over in ${shortWords(cutOverMs)}, drained in ${shortWords(drainMs)}`;
}

/** The first twelve digits of a digest: enough to tell it from others. */
export function digestWords(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** `12 %` of one CPU; a dash where it is not known. */
export function cpuWords({ cpus }: InstanceUsage): string {
  return cpus === undefined ? '–' : `${Math.round(cpus * 100)} %`;
}

/** `120 MB of 500 MB`; a dash where it is not known. */
export function memoryWords({ memoryBytes, memoryLimitBytes }: InstanceUsage): string {
  if (memoryBytes === undefined) return '–';
  const limit = memoryLimitBytes === undefined ? '' : ` of ${formatBytes(memoryLimitBytes)}`;
  return `${formatBytes(memoryBytes)}${limit}`;
}
