/**
 * What the registry keeps: which blobs each manifest needs and how large they are; since when nobody needs a
 * manifest; and which ones were removed, so that nobody goes back to them. By path in the registry, because what
 * a deleted repository had is there until it is collected.
 */
export const contents = `
CREATE TABLE content (
  path TEXT NOT NULL,
  manifest TEXT NOT NULL,
  blob TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (path, manifest, blob)
) STRICT, WITHOUT ROWID;

CREATE TABLE unneeded (
  path TEXT NOT NULL,
  manifest TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (path, manifest)
) STRICT, WITHOUT ROWID;

CREATE TABLE collected (
  path TEXT NOT NULL,
  manifest TEXT NOT NULL,
  collected_at INTEGER NOT NULL,
  PRIMARY KEY (path, manifest)
) STRICT, WITHOUT ROWID;
`;
