/** Names by which the API may be reached. Anything else is a page in a browser that rebinds DNS to us. */
export interface HostRule {
  /** Names and addresses, without port. */
  readonly names: readonly string[];
}

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** The rule for a server on loopback, plus the names that containers of the control network know it by. */
export function hostRule(others: readonly string[] = []): HostRule {
  return { names: [...loopback, ...others.map((name) => name.toLowerCase())] };
}

/** Whether a `Host` header names this server. The port does not matter: it may have been forwarded. */
export function hostAllowed(rule: HostRule, header: string): boolean {
  const name = header.toLowerCase().replace(/:\d{1,5}$/, '');
  return rule.names.includes(name);
}
