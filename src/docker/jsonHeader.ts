/**
 * A value as the engine reads it out of a header: JSON in base64url, padded. Docker takes credentials that lack the
 * padding for no credentials at all, and says nothing.
 */
export function jsonHeader(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
