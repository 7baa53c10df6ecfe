import { NotOffered } from '../client/errors.ts';
import { isProblem } from '../protocol/problems.ts';

/** Some of Patr's servers declare what they do not do: where one fails, there is nothing to choose. */
export async function whereOffered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NotOffered || isProblem(error, 'internalServerError')) return undefined;
    throw error;
  }
}
