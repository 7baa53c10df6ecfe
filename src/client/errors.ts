export interface UnreachableOptions extends ErrorOptions {
  /** False: nothing of the request can have come to the server. */
  readonly sent?: boolean;
  /** It stays until somebody changes something. */
  readonly lasting?: boolean;
  /** The server asks for this patience, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The server cannot be reached, is not ready to answer, or the connection broke before there was an answer. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly sent: boolean;
  readonly lasting: boolean;
  readonly retryAfterMs: number;

  constructor(message: string, options: UnreachableOptions = {}) {
    const { sent = true, lasting = false, retryAfterMs = 0, ...rest } = options;
    super(message, rest);
    this.sent = sent;
    this.lasting = lasting;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server does not have this endpoint (404 with an empty body), or only pretends to. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered';
}

export function notOffered(server: string): NotOffered {
  return new NotOffered(`${server} does not offer this.`);
}

/** The server answered something that is not in the API; nothing of it was used. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

/** Where a request went, for the words of an error: never with its query or a token. */
export function whereTo(url: string): string {
  return new URL(url).host;
}
