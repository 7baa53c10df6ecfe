/**
 * Repositories that were taken over from the engine or the registry, until their tags have been looked at: what they
 * have was pushed to a state that is lost, and is no news.
 */
export const adopted = `
CREATE TABLE adopted_repository (
  id TEXT PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`;
