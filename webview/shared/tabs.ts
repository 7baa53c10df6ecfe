import { html, type TemplateResult } from 'lit-html';

export interface Tabs<T extends string> {
  /** What the tabs are parts of. */
  readonly label: string;
  readonly tabs: readonly { readonly id: T; readonly label: string }[];
  readonly chosen: T;
  readonly body: unknown;
  readonly onChoose: (tab: T) => void;
}

/**
 * Tabs that wrap where there is little room, which the toolkit's do not: those make the page as wide as themselves.
 * Arrows, Home and End choose, as screen readers expect; one stop of the Tab key for all of them.
 */
export function tabbed<T extends string>({ label, tabs, chosen, body, onChoose }: Tabs<T>): TemplateResult {
  const press = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const to = target(event.key, at, tabs.length);
    const tab = to === undefined ? undefined : tabs[to];
    if (tab === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    document.getElementById(`tab-${tab.id}`)?.focus();
  };
  return html`<div role="tablist" class="tabs" aria-label=${label} @keydown=${press}>
      ${tabs.map(
        ({ id, label: words }) =>
          html`<button
            type="button"
            role="tab"
            id=${`tab-${id}`}
            aria-selected=${String(id === chosen)}
            aria-controls="tab-body"
            tabindex=${id === chosen ? 0 : -1}
            @click=${() => onChoose(id)}
          >
            ${words}
          </button>`,
      )}
    </div>
    <div role="tabpanel" class="tab" id="tab-body" aria-labelledby=${`tab-${chosen}`}>${body}</div>`;
}

/** Index of the tab that a key leads to. */
function target(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
