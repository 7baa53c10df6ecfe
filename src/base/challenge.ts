/** How a registry wants to be asked: what stands in `WWW-Authenticate`. */
export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
    };

/** `Bearer realm="https://auth.example.com/token",service="registry"`; undefined for what is neither. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'basic') return { kind: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const parameters = new Map(
    Array.from(rest.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g), ([, name = '', quoted, bare]) => [
      name.toLowerCase(),
      quoted ?? bare ?? '',
    ]),
  );
  const realm = parameters.get('realm');
  return realm === undefined ? undefined : { kind: 'bearer', realm, service: parameters.get('service') };
}
