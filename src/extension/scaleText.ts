/** Instances that there shall be at least and at most. */
export interface Scale {
  readonly minimum: number;
  readonly maximum: number;
}

const most = 256;
const wrong = 'Type a number such as 3, or a range such as 2-5.';

/** A number or a range, as a person types it. */
export function parseScale(typed: string): Scale | { readonly problem: string } {
  const [, first, second = first] = /^\s*(\d{1,4})(?:\s*(?:-|–|\.\.|to)\s*(\d{1,4}))?\s*$/.exec(typed) ?? [];
  if (first === undefined) return { problem: wrong };
  const [minimum, maximum] = [Number(first), Number(second)];
  if (minimum < 1) return { problem: 'There is at least one instance. To have none, stop the deployment.' };
  if (maximum > most) return { problem: `There are at most ${most} instances.` };
  if (minimum > maximum) return { problem: 'The smaller number comes first.' };
  return { minimum, maximum };
}

export function scaleText(info: {
  readonly minHorizontalScale: number;
  readonly maxHorizontalScale: number;
}): string {
  const { minHorizontalScale: minimum, maxHorizontalScale: maximum } = info;
  return minimum === maximum ? String(minimum) : `${minimum}-${maximum}`;
}
