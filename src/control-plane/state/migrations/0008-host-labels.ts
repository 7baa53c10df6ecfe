/**
 * The DNS label of a deployment's name, so that whose it is can be told without looking at every deployment.
 * `name_label` is ours: see `database.ts`.
 */
export const hostLabels = `
ALTER TABLE deployment ADD COLUMN host_label TEXT;
UPDATE deployment SET host_label = name_label(name);
CREATE INDEX deployment_of_label ON deployment (host_label, named_at);
`;
