import * as v from 'valibot';
import { problem, type FieldProblem } from './problems.ts';

/**
 * A decoded value, or what is wrong with each field. `shape`: something is missing or of the wrong type;
 * otherwise everything has its type, but a value breaks the rule of its field.
 */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly shape: boolean; readonly fields: readonly FieldProblem[] };

/** Decodes untrusted input once, at the door. Messages are whole clauses: "name must have 4 to 255 characters". */
export function decode<S extends v.GenericSchema>(schema: S, input: unknown): Decoded<v.InferOutput<S>> {
  const result = v.safeParse(schema, input);
  if (result.success) return { ok: true, value: result.output };
  const issues = result.issues.flatMap(telling);
  return { ok: false, shape: issues.some(({ kind }) => kind === 'schema'), fields: issues.map(fieldProblem) };
}

/** Decodes or throws `wrongParameters` with the field problems and the sentence Patr uses for that stage. */
export function decodeOr<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  says: string,
): v.InferOutput<S> {
  const decoded = decode(schema, input);
  if (decoded.ok) return decoded.value;
  throw problem('wrongParameters', { says, fields: decoded.fields });
}

function fieldProblem(issue: v.BaseIssue<unknown>): FieldProblem {
  return { field: v.getDotPath(issue) ?? '', message: issue.message };
}

/** A union reports one issue; what its members found is below it and says more. */
function telling(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  const inner = issue.type === 'union' ? mostTelling(issue.issues) : undefined;
  return inner === undefined ? [issue] : inner.flatMap(telling);
}

/** Of the members of a union, the issues of those that fail on a rule rather than on the type. */
function mostTelling(issues: v.BaseIssue<unknown>['issues']): v.BaseIssue<unknown>[] | undefined {
  const onRule = issues?.filter((issue) => issue.kind === 'validation');
  return onRule === undefined || onRule.length === 0 ? undefined : onRule;
}
