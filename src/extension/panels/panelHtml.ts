/** What the page of a panel is made of. Addresses and the source are the editor's own. */
export interface PanelPage {
  readonly title: string;
  readonly script: string;
  readonly style: string;
  /** What the editor calls itself in a content security policy. */
  readonly cspSource: string;
  /** Unguessable, new for every page. */
  readonly nonce: string;
  /** What the panel is about, as the page finds it; kept with the page's state. */
  readonly subject: unknown;
}

/**
 * The only place that builds HTML: a page without content, whose one script makes everything else out of text nodes.
 * Nothing is loaded but this script and this style; no connection, no frame, no form goes anywhere.
 */
export function panelHtml(page: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${page.nonce}'`,
    `style-src ${page.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="stylesheet" href="${escapeHtml(page.style)}">
</head>
<body data-subject="${escapeHtml(JSON.stringify(page.subject))}">
<main id="page"></main>
<script nonce="${escapeHtml(page.nonce)}" src="${escapeHtml(page.script)}"></script>
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it stands in HTML, between tags and in attributes with quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
