/** Patr's own cloud. */
export const patrCloud = 'https://api.patr.cloud';

/** An address as it is used, without a slash at its end, or what is wrong with it as a sentence. */
export type ServerAddress =
  | { readonly ok: true; readonly url: string; readonly encrypted: boolean }
  | { readonly ok: false; readonly problem: string };

/** Reads an address that somebody typed; without a scheme, HTTPS is meant. */
export function parseServerAddress(text: string): ServerAddress {
  const typed = text.trim();
  if (typed === '') return wrong('Enter the address of the server, such as https://patr.example.com.');
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  if (!URL.canParse(whole)) return wrong('This is no address. One looks like https://patr.example.com.');
  const { protocol, host, pathname, username, password, search, hash } = new URL(whole);
  if (protocol !== 'https:' && protocol !== 'http:')
    return wrong(`A server is reached over https, not over ${protocol.slice(0, -1)}.`);
  if (username !== '' || password !== '')
    return wrong('Leave name and password out of the address; the API token is asked for next.');
  if (search !== '' || hash !== '') return wrong('Leave out what follows ? or # in the address.');
  const url = `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  return { ok: true, url, encrypted: protocol === 'https:' };
}

function wrong(problem: string): ServerAddress {
  return { ok: false, problem };
}

/** Whether what is sent there stays on this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(.+\.)?localhost$/.test(hostname) || /^127(\.\d+){3}$/.test(hostname) || hostname === '[::1]';
}

/** What is wrong with a token that somebody typed, as a sentence; whether it is a good one only the server knows. */
export function tokenProblem(text: string): string | undefined {
  const typed = text.trim();
  if (typed === '') return 'Paste the API token. The button above opens the page where tokens are made.';
  if (!typed.startsWith('patrv1.')) return 'This is not an API token: one begins with “patrv1.”.';
  if (!/^patrv1\.[^.\s]+\.[^.\s]+$/.test(typed))
    return 'The token is not whole: behind “patrv1.” there are two parts with a dot between them. Copy it anew.';
  return undefined;
}

/** Where people make API tokens: the dashboard of the cloud, or that of a server, beside its API. */
export function tokenPage(url: string): string {
  return url === patrCloud ? 'https://app.patr.cloud' : `${new URL(url).origin}/`;
}

/** A server as it stands beside the name of a workspace, with what the trust in it rests on where that is not usual. */
export function serverWords(url: string, pinned: boolean): string {
  const { host, pathname } = new URL(url);
  const where = `${host}${pathname === '/' ? '' : pathname}`;
  if (pinned) return `${where} · self-signed, pinned`;
  return url.startsWith('http:') && !isLoopback(url) ? `${where} · not encrypted` : where;
}
