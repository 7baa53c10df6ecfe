/**
 * Config mounts by generation, apart from what instances are made from. A version is the generation that the file
 * changed in; it holds until the one that replaced it (`until`). Without content the file was removed.
 * `announced`: the generation that the last action after a change was for. Of a release its last generation is
 * noted, and how many files there were, so that it can be told whether all of them are kept.
 *
 * What releases had so far is kept of the newest 20 of each deployment.
 */
export const configMounts = `
CREATE TABLE config (
  deployment_id TEXT PRIMARY KEY REFERENCES deployment (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  announced INTEGER NOT NULL
) STRICT;

CREATE TABLE config_version (
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  until INTEGER,
  digest TEXT,
  size INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT,
  content BLOB,
  PRIMARY KEY (deployment_id, name, version)
) STRICT;

ALTER TABLE deployment ADD COLUMN after_config_change TEXT;
ALTER TABLE release ADD COLUMN config_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release ADD COLUMN config_files INTEGER NOT NULL DEFAULT 0;

CREATE TEMP TABLE config_state AS
  SELECT deployment_id, number AS generation, created_at AS at, json_extract(config, '$.configMounts') AS mounts,
    id AS release_id
  FROM release AS one
  WHERE number > (SELECT max(number) FROM release WHERE deployment_id = one.deployment_id) - 20
  UNION ALL
  SELECT id, 1 + ifnull((SELECT max(number) FROM release WHERE deployment_id = deployment.id), 0), updated_at,
    json_extract(config, '$.configMounts'), NULL
  FROM deployment;

INSERT INTO config_version
  SELECT state.deployment_id, file.key, state.generation,
    (SELECT min(generation) FROM config_state WHERE deployment_id = state.deployment_id
       AND generation > state.generation),
    sha256_of(from_base64(file.value)), length(from_base64(file.value)), state.at, NULL, from_base64(file.value)
  FROM config_state AS state, json_each(ifnull(state.mounts, '{}')) AS file;

INSERT INTO config
  SELECT deployment_id, max(generation), max(generation) FROM config_state
  WHERE deployment_id IN (SELECT deployment_id FROM config_version) GROUP BY deployment_id;

UPDATE release SET
  config_generation = CASE WHEN id IN (SELECT release_id FROM config_state)
    AND deployment_id IN (SELECT deployment_id FROM config) THEN number ELSE 0 END,
  config_files = (SELECT count(*) FROM json_each(ifnull(json_extract(config, '$.configMounts'), '{}')));
UPDATE release SET config = json_remove(config, '$.configMounts');
UPDATE deployment SET config = json_remove(config, '$.configMounts');
DROP TABLE config_state;
`;
