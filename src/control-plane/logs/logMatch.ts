import { RE2JS } from 're2js';
import { problem } from '../../protocol/problems.ts';

/**
 * Tells lines that contain the text and match the expression. The expression is RE2's: it takes time in proportion to
 * the text, whatever somebody makes up. @throws ProblemError when it is none.
 */
export function matcherOf({
  search,
  regex,
}: {
  readonly search: string | undefined;
  readonly regex: string | undefined;
}): ((text: string) => boolean) | undefined {
  if (search === undefined && regex === undefined) return undefined;
  const expression = regex === undefined ? undefined : compile(regex);
  return (text) =>
    (search === undefined || text.includes(search)) && (expression === undefined || expression.test(text));
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw problem('wrongParameters', {
      says: `The search is no regular expression that can be used (${why}). Change it, or search for plain text.`,
      fields: [{ field: 'regex', message: why }],
    });
  }
}
