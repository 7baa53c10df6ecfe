const names =
  /(^|[_.-])(pass(word|wd|phrase)?|pwd|secret|token|api_?key|private_?key|access_?key|credentials?|auth)([_.-]|$)/i;

/** What credentials of well-known kinds look like. */
const values: readonly RegExp[] = [
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\b[sr]k_live_[A-Za-z0-9]{10,}/,
  /\bpatrv1\.[0-9a-f]+\.[0-9a-f]+/i,
  // It begins where no letter of a token is before it, so each letter is looked at a few times at most.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./,
];

/** Whether a raw value would better be a secret, by its name or by its looks. Switches and numbers are none. */
export function looksLikeCredential(name: string, value: string): boolean {
  if (value.trim() === '' || /^(true|false|yes|no|on|off|\d{1,5})$/i.test(value.trim())) return false;
  // DB_PASSWORD and dbPassword are the same name.
  const spread = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  return names.test(spread) || values.some((pattern) => pattern.test(value));
}
