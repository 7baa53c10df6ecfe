import type { CertificateFacts, PinnedCertificate } from '../../client/certificates.ts';

/** What a person is asked about a certificate; `may`: whether trusting it would be of use. */
export interface TrustQuestion {
  readonly text: string;
  readonly detail: string;
  readonly may: boolean;
}

export function isValid({ validFrom, validTo }: CertificateFacts, now: Date): boolean {
  return validFrom <= now && now <= validTo;
}

/** `pinned`: the one that was trusted before. */
export function trustQuestion(
  host: string,
  shown: CertificateFacts,
  pinned: PinnedCertificate | undefined,
  now: Date,
): TrustQuestion {
  if (shown.validTo < now)
    return refusal(host, `expired on ${day(shown.validTo)}. Ask the operator of the server to renew it.`);
  if (shown.validFrom > now)
    return refusal(
      host,
      `is not valid before ${day(shown.validFrom)}. Check the clock of this machine, or ask the operator of the server.`,
    );
  const changed = pinned !== undefined && pinned.sha256 !== shown.sha256;
  const text = changed
    ? `${host} shows another certificate than the one that you trust. Trust the new one?`
    : `Trust the certificate of ${host}?`;
  const warning = changed
    ? 'Unless its operator has replaced it, somebody else may be answering in the place of the server.'
    : 'This machine does not trust it. Trust it only if its fingerprint is the one that the operator of the server tells you.';
  const facts = [
    `Subject: ${shown.subject || '(none)'}`,
    `Issuer: ${shown.issuer === shown.subject ? 'itself' : shown.issuer || '(none)'}`,
    `For: ${shown.names.join(', ') || '(no name)'}`,
    `Valid: ${day(shown.validFrom)} to ${day(shown.validTo)}`,
    `SHA-256: ${shown.sha256}`,
    ...(changed ? [`Trusted until now: ${pinned.sha256}`] : []),
  ];
  const what =
    'This very certificate is trusted from then on, for this server alone; every other one is refused.';
  return { text, detail: `${warning}\n\n${facts.join('\n')}\n\n${what}`, may: true };
}

function refusal(host: string, why: string): TrustQuestion {
  return { text: `The certificate of ${host} cannot be trusted: it`, detail: why, may: false };
}

/** `2026-11-25`, in universal time. */
function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
