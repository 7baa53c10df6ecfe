/** A time on the axis, where there is little room. */
export function tickWords(seconds: number, spanSeconds: number): string {
  const at = new Date(seconds * 1000);
  return spanSeconds <= 86_400
    ? at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleDateString(undefined, { month: 'short', day: 'numeric' });
}

/** When a step began, by the person's own clock; with the day where the times are more than one. */
export function stepWords(seconds: number, spanSeconds: number): string {
  const at = new Date(seconds * 1000);
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  if (spanSeconds <= 2 * 3600) return at.toLocaleTimeString(undefined, { ...time, second: '2-digit' });
  return spanSeconds <= 86_400
    ? at.toLocaleTimeString(undefined, time)
    : at.toLocaleString(undefined, { month: 'short', day: 'numeric', ...time });
}
