/** Where a part reports what it does. Values of `facts` are shown, so nothing secret goes into them. */
export interface Log {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
}

export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** A log that goes nowhere. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that writes one line per message through `write`, for example to standard error. */
export function lineLog(write: (line: string) => void, now: () => Date): Log {
  const at = (level: string) => (message: string, facts?: Facts) => {
    const tail = Object.entries(facts ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
      .join('');
    write(`${now().toISOString()} ${level} ${message}${tail}`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The words of an error, and of the errors that caused it, without stacks. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (${describeError(error.cause)})`;
  return `${error.message}${cause}`;
}
