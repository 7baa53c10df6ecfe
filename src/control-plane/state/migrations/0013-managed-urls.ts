/**
 * Domains of a workspace, and managed URLs under them. `looked` is what the last look at DNS gave, as JSON. A URL to
 * a deployment names it in columns of its own, so that it can be told who leads to a deployment.
 */
export const managedUrls = `
CREATE TABLE domain (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL UNIQUE,
  is_verified INTEGER NOT NULL,
  last_unverified INTEGER,
  looked TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE managed_url (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  sub_domain TEXT NOT NULL,
  domain_id TEXT NOT NULL REFERENCES domain (id),
  path TEXT NOT NULL,
  target TEXT NOT NULL,
  deployment_id TEXT,
  port INTEGER,
  is_configured INTEGER NOT NULL,
  looked TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (domain_id, sub_domain, path)
) STRICT;
CREATE INDEX managed_url_of_deployment ON managed_url (deployment_id);
`;
