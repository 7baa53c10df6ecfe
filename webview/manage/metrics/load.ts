const own = document.currentScript;
let loaded = false;

/**
 * Loads the script that draws charts, once: what a page does not show, it does not read. It lies beside this one, and
 * the page's policy lets it in by the same nonce.
 */
export function loadCharts(): void {
  if (loaded || !(own instanceof HTMLScriptElement)) return;
  loaded = true;
  const script = document.createElement('script');
  script.nonce = own.nonce;
  script.src = new URL('charts.js', own.src).href;
  document.head.append(script);
}
