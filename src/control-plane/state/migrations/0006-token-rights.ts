/**
 * What a token may do and when it is good. Without permissions it stands for its holder as a whole: that is the
 * token of the token file.
 */
export const tokenRights = `
ALTER TABLE api_token ADD COLUMN permissions TEXT;
ALTER TABLE api_token ADD COLUMN not_before INTEGER;
ALTER TABLE api_token ADD COLUMN expires_at INTEGER;
`;
