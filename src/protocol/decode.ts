import * as v from "valibot";
import { problem, type FieldProblem } from "./problems.ts";

/** A decoded value, or what is wrong with each field. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fields: readonly FieldProblem[] };

/** Decodes untrusted input once, at the door. Messages are whole clauses: "name must have 4 to 255 characters". */
export function decode<S extends v.GenericSchema>(schema: S, input: unknown): Decoded<v.InferOutput<S>> {
  const result = v.safeParse(schema, input);
  if (result.success) return { ok: true, value: result.output };
  return { ok: false, fields: result.issues.flatMap(fieldProblems) };
}

/** Decodes or throws `wrongParameters` with the field problems and the sentence Patr uses for that stage. */
export function decodeOr<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  says: string,
): v.InferOutput<S> {
  const decoded = decode(schema, input);
  if (decoded.ok) return decoded.value;
  throw problem("wrongParameters", { says, fields: decoded.fields });
}

function fieldProblems(issue: v.BaseIssue<unknown>): FieldProblem[] {
  // A union reports one issue; what its members found is below it and says more.
  const inner = issue.type === "union" ? mostTelling(issue.issues) : undefined;
  if (inner !== undefined) return inner.flatMap(fieldProblems);
  return [{ field: v.getDotPath(issue) ?? "", message: issue.message }];
}

/** Of the members of a union, the issues of those that fail on a rule rather than on the type. */
function mostTelling(issues: v.BaseIssue<unknown>["issues"]): v.BaseIssue<unknown>[] | undefined {
  const onRule = issues?.filter((issue) => issue.kind === "validation");
  return onRule === undefined || onRule.length === 0 ? undefined : onRule;
}
