/** Volumes as resources of a workspace; what an instance has under one is the engine's to tell. */
export const volumes = `
CREATE TABLE volume (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 1),
  created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, name_key)
) STRICT;
`;
