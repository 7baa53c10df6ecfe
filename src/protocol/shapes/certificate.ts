import * as v from 'valibot';
import { timestamp } from '../wire.ts';

/**
 * `valid`: what is served is good. `ordering`: it is being got. `waitingForDns`: the name does not lead here, as far as
 * the authority can see. `failed`: the authority refused, or cannot be reached.
 */
export const certificateStates = ['valid', 'ordering', 'waitingForDns', 'failed'] as const;

/** How it stands with the certificate of a host that a public authority signs for. */
export const certificateState = v.object({
  state: v.fallback(v.union([v.picklist(certificateStates), v.literal('unknown')]), 'unknown'),
  /** Of what is served now; absent: nothing is. */
  validUntil: v.optional(timestamp),
  /** Who signed it. */
  issuer: v.optional(v.string()),
  /** What the authority said, or what is waited for. */
  message: v.optional(v.string()),
  /** When it is asked again. */
  nextTry: v.optional(timestamp),
});
export type CertificateState = v.InferOutput<typeof certificateState>;
