/**
 * Waits for `work`, but no longer than the signal allows. What arrives after that is handed to `late`, so that
 * nothing is left open. @throws the signal's reason.
 */
export function abandonable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      work.then(late, () => undefined);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Asked anew each time, because a signal may fire between two looks. */
export function fired(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
