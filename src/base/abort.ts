/** True for the error that an aborted signal leaves behind, whoever threw it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** A signal that fires when any of the given ones does; absent ones are passed over. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/** The given signal, or a limit of `ms` milliseconds, whichever comes first. */
export function withTimeout(ms: number, signal?: AbortSignal): AbortSignal {
  return anySignal(signal, AbortSignal.timeout(ms));
}
