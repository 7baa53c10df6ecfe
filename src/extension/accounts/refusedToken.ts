import { isProblem, type ProblemError } from '../../protocol/problems.ts';

const codes: readonly string[] = [
  'authorizationTokenInvalid',
  'disallowedIpAddressForApiToken',
  'malformedAccessToken',
  'malformedApiToken',
];

/** Whether a server takes the token no more, or takes it from elsewhere only: signing in again helps. */
export function isTokenRefused(error: unknown): error is ProblemError {
  return isProblem(error) && codes.includes(error.code);
}
