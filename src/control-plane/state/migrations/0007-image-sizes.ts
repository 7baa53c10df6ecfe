/** Sizes of images by digest, for as long as releases may tell of them: a tag that moves on forgets its own. */
export const imageSizes = `
CREATE TABLE image_size (
  digest TEXT PRIMARY KEY,
  size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO image_size (digest, size) SELECT digest, size FROM tag WHERE size IS NOT NULL;
`;
