import { isAbort } from '../base/abort.ts';
import { whyCertificateRefused } from './certificates.ts';

/** What broke a request before there was an answer. `sent`: something of it may have come to the server. */
export interface Trouble {
  readonly sent: boolean;
  /** It stays until somebody changes something: there is no use in asking again. */
  readonly lasting: boolean;
  /** After "example.com": what happened, and what to do. */
  readonly says: string;
}

const checkNetwork = 'Check that it runs and that the network is up.';

/** Told by the codes of Node and by the names of Chromium, whose network an editor may use. */
export function troubleOf(error: unknown, timeoutMs: number): Trouble {
  const codes = codesOf(error);
  const has = (pattern: RegExp): boolean => codes.some((code) => pattern.test(code));
  const why = whyCertificateRefused(error);
  if (why !== undefined) {
    const says = `shows a certificate that is not trusted: ${why}. Nothing was said to it.`;
    return { sent: false, lasting: true, says };
  }
  if (has(noName)) {
    const says = 'cannot be reached: the network does not know this name. Check the address and the network.';
    return { sent: false, lasting: false, says };
  }
  if (has(noListener)) {
    return { sent: false, lasting: false, says: `cannot be reached: nothing answers there. ${checkNetwork}` };
  }
  if (isAbort(error) || has(tooLate)) {
    const says = `did not answer within ${Math.round(timeoutMs / 1000)} s. ${checkNetwork}`;
    return { sent: true, lasting: false, says };
  }
  return {
    sent: true,
    lasting: false,
    says: `cannot be reached, or the connection broke off. ${checkNetwork}`,
  };
}

const noName = /^(ENOTFOUND|EAI_\w+|ERR_NAME_NOT_RESOLVED)$/;
const noListener =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_CONNECT_TIMEOUT|ERR_CONNECTION_REFUSED|ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED|ERR_PROXY_CONNECTION_FAILED)$/;
const tooLate = /^(UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|ERR_TIMED_OUT)$/;
/** How many causes behind an error are looked at. */
const deepest = 5;

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < deepest; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    const named = /\bnet::(ERR_\w+)/.exec(at.message)?.[1];
    if (named !== undefined) codes.push(named);
  }
  return codes;
}
