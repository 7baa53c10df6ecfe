/**
 * Everything that can go wrong on the wire, in one place: code, HTTP status and the sentence for people.
 * The first group are Patr's codes with Patr's statuses; clients switch on the code, never on the sentence.
 */
const catalogue = {
  wrongParameters: { status: 400, says: 'The request is not in the form that this server expects.' },
  malformedApiToken: { status: 400, says: 'This is not an API token. It begins with "patrv1.".' },
  malformedAccessToken: { status: 400, says: 'The sign-in is not valid any more. Sign in again.' },
  tagNotFound: { status: 400, says: 'There is no image with this tag in the repository.' },
  cannotReduceVolumeSize: { status: 400, says: 'A volume can grow, but it cannot shrink.' },
  unauthorized: { status: 401, says: 'This token may not do that.' },
  authorizationTokenInvalid: { status: 401, says: 'The API token is unknown, expired or revoked.' },
  disallowedIpAddressForApiToken: { status: 401, says: 'This API token may not be used from this address.' },
  resourceDoesNotExist: { status: 404, says: 'It does not exist (any more).' },
  resourceAlreadyExists: { status: 409, says: 'The name is already taken.' },
  resourceInUse: { status: 422, says: 'It is still in use.' },
  workspaceNameAlreadyExists: { status: 409, says: 'There is already a workspace of this name.' },
  apiTokenDoesNotExist: { status: 404, says: 'There is no such API token (any more).' },
  apiTokenAlreadyExists: { status: 409, says: 'There is already an API token of this name.' },
  internalServerError: { status: 500, says: 'The server failed. Its log says why.' },
  // What upstream has no word for.
  revisionConflict: { status: 409, says: 'It was changed elsewhere in the meantime.' },
  configMountConflict: { status: 409, says: 'The config mount was changed elsewhere in the meantime.' },
  insufficientCapacity: { status: 422, says: 'The region has not enough CPU or memory for it.' },
  dataLossNotConfirmed: { status: 422, says: 'The change would delete data.' },
  engineUnreachable: { status: 503, says: 'The container engine does not answer.' },
  registryUnreachable: { status: 502, says: 'The registry does not answer.' },
} as const satisfies Record<string, { status: number; says: string }>;

export type ProblemCode = keyof typeof catalogue;

/** A problem with one field of a form or body; `field` is a path such as `ports.8080` or `name`. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** A failed answer as it travels. `fields` is ours: which inputs the refusal is about. */
export interface Failure {
  readonly success: false;
  readonly error: string;
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
}

/** An expected refusal. Thrown by handlers, turned into an answer at one door, rebuilt by the client. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  readonly status: number;
  readonly fields: readonly FieldProblem[];

  constructor(
    code: string,
    status: number,
    message: string,
    fields: readonly FieldProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

export interface ProblemOptions {
  /** Replaces the catalogue's sentence where more is known. A whole sentence for people. */
  readonly says?: string;
  readonly fields?: readonly FieldProblem[];
  readonly cause?: unknown;
}

/** Builds a problem out of the catalogue. */
export function problem(code: ProblemCode, options: ProblemOptions = {}): ProblemError {
  const { status, says } = catalogue[code];
  const cause = options.cause === undefined ? undefined : { cause: options.cause };
  return new ProblemError(code, status, options.says ?? says, options.fields ?? [], cause);
}

export function isProblem(error: unknown, code?: ProblemCode): error is ProblemError {
  return error instanceof ProblemError && (code === undefined || error.code === code);
}

/** The body that carries a problem. */
export function toFailure(error: ProblemError): Failure {
  const fields = error.fields.length === 0 ? {} : { fields: error.fields };
  return { success: false, error: error.code, message: error.message, ...fields };
}
