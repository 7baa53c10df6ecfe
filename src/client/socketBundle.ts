import type { OpenSocket } from './connection.ts';

/**
 * Opens WebSockets with the code of `dist/socket.cjs`, which is loaded at the first use: the extension is ready long
 * before anybody follows a log. Works within the extension's bundle only; everything else imports `socket.ts`.
 */
export const openSocketOfBundle: OpenSocket = (url, options) =>
  (require('./socket.cjs') as { readonly openSocket: OpenSocket }).openSocket(url, options);
