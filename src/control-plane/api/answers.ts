import { Readable } from 'node:stream';
import type { Log } from '../../base/log.ts';
import { describeError } from '../../base/log.ts';
import { problem, ProblemError, toFailure } from '../../protocol/problems.ts';

/** A success: the fields beside the flag. 205 has no body. */
export function success(status: number, answer: unknown, total: number | undefined): Response {
  const headers = total === undefined ? {} : { 'x-total-count': String(total) };
  if (status === 205) return new Response(null, { status, headers });
  return Response.json({ success: true, ...(answer as object | undefined) }, { status, headers });
}

/** The one door for everything that goes wrong: expected refusals as they are, anything else as a 500. */
export function failure(error: unknown, log: Log, what: string): Response {
  const known = error instanceof ProblemError ? error : undefined;
  if (known === undefined || known.status >= 500) {
    log.error(`${what} failed`, { error: describeError(error), stack: stackOf(error) });
  }
  const told = known ?? problem('internalServerError');
  return Response.json(toFailure(told), { status: told.status });
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error && !(error instanceof ProblemError) ? error.stack : undefined;
}

/** One JSON value per line, for as long as the source goes on. What the client does not read is not made. */
export function lines(source: AsyncIterable<unknown>, log: Log): Response {
  const encoder = new TextEncoder();
  const iterator = source[Symbol.asyncIterator]();
  let gone = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await iterator.next();
        // The client left while we waited: its end of the stream is closed already.
        if (gone) return;
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
      } catch (error) {
        log.error('A stream broke', { error: describeError(error) });
        controller.error(error);
      }
    },
    async cancel() {
      gone = true;
      await iterator.return?.();
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  });
}

/** A tar archive, no faster than the client reads it. Where it breaks off the connection does, so nobody takes it for whole. */
export function archive(tar: Readable, log: Log): Response {
  tar.on('error', (error) => log.warn('An archive broke off', { error: describeError(error) }));
  return new Response(Readable.toWeb(tar) as ReadableStream<Uint8Array>, {
    headers: { 'content-type': 'application/x-tar', 'cache-control': 'no-store' },
  });
}
