import { parseDotEnv } from './dotenv.ts';
import { withVariables, type VariableRow } from './draft.ts';

export interface AddedVariables {
  readonly environment: VariableRow[];
  /** Why nothing was added, in words that go on from "Text of the .env file". */
  readonly problem: string | undefined;
  /** Key of the row that was added last. */
  readonly last: number | undefined;
}

/** Puts the variables of a `.env` text into the list. `into`: the empty row that it was pasted into, which goes. */
export function addVariables(
  rows: readonly VariableRow[],
  into: number | undefined,
  text: string,
): AddedVariables {
  const { variables, notUnderstood } = parseDotEnv(text);
  const failed = (problem: string): AddedVariables => ({ environment: [...rows], problem, last: undefined });
  if (notUnderstood.length > 0) {
    const lines = notUnderstood.slice(0, 5).join(', ');
    return failed(
      `has lines that are no NAME=value: ${notUnderstood.length === 1 ? 'line' : 'lines'} ${lines}`,
    );
  }
  if (variables.length === 0) return failed('has no variable in it');
  const rest = rows.filter(({ key, name, value }) => key !== into || name !== '' || value !== '');
  const environment = withVariables(rest, variables);
  const lastName = variables.at(-1)?.name;
  const last = environment.find(({ name }) => name === lastName)?.key;
  return { environment, problem: undefined, last };
}
