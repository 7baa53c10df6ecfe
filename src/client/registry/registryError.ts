/**
 * What a registry did not do, by what can be done about it. `unreachable`: it may be there in a moment.
 * `noRegistry`: whatever answers there, it is none.
 */
export type RegistryErrorKind = 'unreachable' | 'noRegistry' | 'denied' | 'notFound' | 'refused' | 'broken';

/** A registry was asked for something and did not do it. The message says all of it. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly kind: RegistryErrorKind;

  constructor(kind: RegistryErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function isRegistryError(error: unknown, kind?: RegistryErrorKind): error is RegistryError {
  return error instanceof RegistryError && (kind === undefined || error.kind === kind);
}
