/** Brings a field, or the heading of a section, into view and the focus to it. */
export function focusOn(field: string): void {
  const own = document.getElementById(field);
  const element = own ?? document.getElementById(`${field}-heading`);
  element?.scrollIntoView({ block: own === null ? 'start' : 'center' });
  element?.focus({ preventScroll: true });
}

/** Of some fields the one that stands first on the page. */
export function firstOnPage(fields: { has(field: string): boolean }): string | undefined {
  const inOrder = Array.from(
    document.querySelectorAll<HTMLElement>('[data-field]'),
    (one) => one.dataset['field'] ?? '',
  );
  return inOrder.find((field) => fields.has(field));
}
