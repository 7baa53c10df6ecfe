import { isEngineError } from '../../docker/engine.ts';

/** Output of a container. It may be removed while it is read: then what was read is all there is. */
export async function* whatIsThere<T>(chunks: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* chunks;
  } catch (error) {
    if (!isEngineError(error, 'notFound')) throw error;
  }
}
