/** Codes of the OCI distribution specification that this program answers with itself. */
export type OciCode = 'UNAUTHORIZED' | 'DENIED' | 'NAME_UNKNOWN' | 'TOOMANYREQUESTS';

/** A refusal in the form in which clients of a registry read it and show its message. */
export function ociRefusal(
  status: 401 | 403 | 404 | 429,
  code: OciCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ errors: [{ code, message, detail: [] }] }, { status, headers });
}
