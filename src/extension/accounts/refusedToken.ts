import { isProblem, type ProblemError } from '../../protocol/problems.ts';

/** Why a token is refused, as the end of a sentence; servers have words of their own, or none. */
const reasons: Readonly<Record<string, string>> = {
  authorizationTokenInvalid: 'it is unknown, expired or revoked',
  disallowedIpAddressForApiToken: 'it may not be used from this address',
  malformedAccessToken: 'it is not valid any more',
  malformedApiToken: 'it is none that this server has made',
};

/** Whether a server takes the token no more, or takes it from elsewhere only: signing in again helps. */
export function isTokenRefused(error: unknown): error is ProblemError {
  return isProblem(error) && error.code in reasons;
}

/** Why, as the end of a sentence. */
export function whyTokenRefused({ code }: ProblemError): string {
  return reasons[code] ?? 'it is refused';
}
