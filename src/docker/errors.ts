import { isAbort } from '../base/abort.ts';
import { BuildFailure, EngineError, type EngineErrorKind } from './engine.ts';
import { formatAddress, type EngineAddress } from './address.ts';

/** What the engine answered instead of success. Only this folder looks at the status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine's own words out of an error body: `{"message": …}`, `{"cause": …}` of Podman, or plain text. */
export function refusalOf(status: number, body: string): Refusal {
  const told = parseMessage(body);
  return new Refusal(status, told === '' ? `The engine answered with status ${status}.` : told);
}

function parseMessage(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) {
      const { message, cause } = value as { message?: unknown; cause?: unknown };
      if (typeof message === 'string') return message;
      if (typeof cause === 'string') return cause;
    }
    return typeof value === 'string' ? value : body.trim();
  } catch (error) {
    if (error instanceof SyntaxError) return body.trim();
    throw error;
  }
}

/** Kind of a failure by the engine's words; the same words come as a status, as an event and from a registry. */
export function kindOfMessage(message: string): EngineErrorKind {
  if (/no space left on device|not enough space|disk quota exceeded/i.test(message)) return 'noRoom';
  if (/client version .* is too (new|old)/i.test(message)) return 'tooOld';
  // A registry that hides what one may not see answers a pull with "repository does not exist or may require login".
  if (/unauthorized|authentication required|no basic auth|access.*denied|denied: /i.test(message))
    return 'denied';
  if (/no such image|manifest unknown|not found|does not exist|marked for removal/i.test(message))
    return 'notFound';
  return 'failed';
}

/** An `EngineError` for whatever went wrong with a call. Aborts stay what they are. */
export function translate(error: unknown, address: EngineAddress): unknown {
  if (error instanceof EngineError || error instanceof BuildFailure || isAbort(error)) return error;
  if (error instanceof Refusal) return translateRefusal(error);
  if (!(error instanceof Error)) return error;
  const where = formatAddress(address);
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return new EngineError('forbidden', forbiddenMessage(where), { cause: error });
    case 'ENOENT':
      return new EngineError('unreachable', `${notThere(where)} ${startHint}`, { cause: error });
    case 'ECONNREFUSED':
      return new EngineError(
        'unreachable',
        `Nothing answers at ${where}: the Docker engine is not running. ${startHint}`,
        {
          cause: error,
        },
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return new EngineError(
        'unreachable',
        `The machine of the Docker engine at ${where} cannot be reached (${error.message}). Check the network and the selected Docker context.`,
        { cause: error },
      );
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new EngineError(
        'unreachable',
        `The connection to the Docker engine at ${where} broke off. It may have been stopped: check that it runs, then try again.`,
        { cause: error },
      );
    case undefined:
    default:
      return new EngineError(kindOfMessage(error.message), error.message, { cause: error });
  }
}

/** A call that the engine did not answer in time. */
export function silence(address: EngineAddress, seconds: number): EngineError {
  return new EngineError(
    'unreachable',
    `The Docker engine at ${formatAddress(address)} did not answer within ${seconds} seconds. It may be overloaded or hung: look at it with "docker info", restart it if that hangs too.`,
  );
}

const startHint =
  'Start it (Docker Desktop, or `sudo systemctl start docker`), or select another Docker context.';

function notThere(where: string): string {
  return `There is no Docker engine at ${where}.`;
}

function forbiddenMessage(where: string): string {
  return `This user may not use the Docker engine at ${where}. Add the user to the group that owns the socket (\`sudo usermod -aG docker "$USER"\`) and log in again.`;
}

function translateRefusal(refusal: Refusal): EngineError {
  if (refusal.status === 401 || refusal.status === 403) {
    return new EngineError('denied', refusal.message, { cause: refusal });
  }
  const byWords = kindOfMessage(refusal.message);
  const kind = byWords === 'failed' && refusal.status === 404 ? 'notFound' : byWords;
  return new EngineError(kind, refusal.message, { cause: refusal });
}

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
