/**
 * Deployments that were deleted. What runs of them is taken down; what runs of deployments that this state never
 * knew is somebody's data, and is left alone.
 */
export const deleted = `
CREATE TABLE deleted_deployment (
  id TEXT PRIMARY KEY,
  deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
