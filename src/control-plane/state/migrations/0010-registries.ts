/** Credentials for registries that are not ours. `sealed` is what a sealer made of the password. */
export const registries = `
CREATE TABLE registry_credentials (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  registry TEXT NOT NULL,
  username TEXT NOT NULL,
  sealed TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (workspace_id, registry)
) STRICT;
`;
