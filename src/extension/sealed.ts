/** Authorities are compared without regard to case and may hold few characters: all others go by their numbers. */
export function sealed(text: string): string {
  return text.replaceAll(/[^a-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16)}.`);
}

/** What was sealed; undefined for what was not. */
export function opened(text: string): string | undefined {
  if (!/^(?:[a-z0-9-]|_[0-9a-f]{1,4}\.)+$/.test(text)) return undefined;
  return text.replaceAll(/_([0-9a-f]+)\./g, (_, unit: string) =>
    String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
