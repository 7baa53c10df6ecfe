/** Secrets of a workspace. `sealed` is what a sealer made of the value; `version` counts the values it has had. */
export const secrets = `
CREATE TABLE secret (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  sealed TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (workspace_id, name_key)
) STRICT;
`;
