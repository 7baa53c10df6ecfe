/** What the registry was last seen to have, so that only a change of a tag counts as a push. */
export const tags = `
CREATE TABLE tag (
  repository_id TEXT NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (repository_id, name)
) STRICT, WITHOUT ROWID;
`;
