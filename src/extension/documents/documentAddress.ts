import { localId } from '../connections/connection.ts';
import { opened, sealed } from '../sealed.ts';

/** Scheme of documents that are read from the server and cannot be written. */
export const documentScheme = 'patr';

export const documentKinds = ['events', 'release', 'usage'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** What a document is about. */
export interface DocumentSubject {
  readonly kind: DocumentKind;
  /** Of the deployment; of the workspace for `usage`. */
  readonly id: string;
  /** Id of the connection. */
  readonly connection: string;
  /** Name of the file, which decides on its language and stands on the tab. */
  readonly name: string;
}

/** The parts of an address that the editor's own `Uri` has under the same names. */
export interface DocumentAddress {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/** A slash within the name would be a folder: it becomes a hyphen. What is of the local region names no connection. */
export function documentAddress({ kind, id, connection, name }: DocumentSubject): DocumentAddress {
  const authority = connection === localId ? '' : sealed(connection);
  return { scheme: documentScheme, authority, path: `/${kind}/${id}/${name.replaceAll('/', '-')}` };
}

/** Undefined for an address that is none of ours. */
export function parseDocumentAddress(address: DocumentAddress): DocumentSubject | undefined {
  const { scheme, authority, path } = address;
  const connection = authority === '' ? localId : opened(authority);
  const [empty, first, id = '', name = '', ...rest] = path.split('/');
  const kind = documentKinds.find((one) => one === first);
  if (scheme !== documentScheme || empty !== '' || kind === undefined || rest.length > 0) return undefined;
  return id === '' || name === '' || connection === undefined ? undefined : { kind, id, connection, name };
}
