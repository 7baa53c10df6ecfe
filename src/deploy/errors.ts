import type { Finding } from '../image/finding.ts';

/** What a person can do next about it; the editor makes a button of it. */
export type NextAction = 'retry' | 'showOutput' | 'openDockerfile' | 'chooseName' | 'startRegion';

/** The journey ended for a reason that a person can do something about. The message says all of it. */
export class JourneyError extends Error {
  override readonly name = 'JourneyError';
  readonly next: readonly NextAction[];

  constructor(message: string, next: readonly NextAction[], options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

/** Checks found that it cannot work; nothing was built. */
export class PreflightFailed extends JourneyError {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const stops = findings.filter(({ severity }) => severity === 'stop').map(({ message }) => message);
    super(stops.join(' '), nextFor(findings));
    this.findings = findings;
  }
}

function nextFor(findings: readonly Finding[]): readonly NextAction[] {
  const codes = new Set(findings.map(({ code }) => code));
  if (codes.has('nameTaken') || codes.has('nameInvalid')) return ['chooseName'];
  return codes.has('dockerfileMissing') ? ['retry'] : ['openDockerfile', 'retry'];
}
