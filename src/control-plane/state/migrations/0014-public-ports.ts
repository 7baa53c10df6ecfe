/**
 * Ports of the machine that tcp and udp ports of slots have in a public region, kept for as long as the deployment is
 * there: over releases, restarts and times in which it does not run.
 */
export const publicPorts = `
CREATE TABLE public_port (
  number INTEGER PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  port INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  UNIQUE (deployment_id, port, ordinal)
) STRICT;
`;
