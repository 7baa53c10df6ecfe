/** People, places, deployments and their releases. */
export const deployments = `
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE user (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE workspace (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  super_admin_id TEXT NOT NULL REFERENCES user (id),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE region (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE machine_type (
  id TEXT PRIMARY KEY,
  cpus REAL NOT NULL,
  memory_count INTEGER NOT NULL
) STRICT;

CREATE TABLE api_token (
  login_id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user (id),
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE repository (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE deployment (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspace (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  named_at INTEGER NOT NULL,
  registry TEXT NOT NULL,
  repository_id TEXT REFERENCES repository (id),
  image_name TEXT,
  image_tag TEXT NOT NULL,
  region_id TEXT NOT NULL REFERENCES region (id),
  machine_type_id TEXT NOT NULL REFERENCES machine_type (id),
  deploy_on_push INTEGER NOT NULL CHECK (deploy_on_push IN (0, 1)),
  min_scale INTEGER NOT NULL,
  max_scale INTEGER NOT NULL,
  intent TEXT NOT NULL CHECK (intent IN ('created', 'running', 'stopped')),
  config TEXT NOT NULL,
  target_release_id TEXT REFERENCES release (id) DEFERRABLE INITIALLY DEFERRED,
  scale INTEGER NOT NULL,
  pushes_paused INTEGER NOT NULL CHECK (pushes_paused IN (0, 1)),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (workspace_id, name_key),
  CHECK (min_scale <= max_scale),
  CHECK ((repository_id IS NULL) <> (image_name IS NULL))
) STRICT;
CREATE INDEX deployment_of_repository ON deployment (repository_id, image_tag);

CREATE TABLE release (
  id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  digest TEXT,
  registry TEXT NOT NULL,
  repository_id TEXT,
  image_name TEXT,
  image_tag TEXT NOT NULL,
  config TEXT NOT NULL,
  cause TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  proof TEXT,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (deployment_id, number)
) STRICT;

CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  release_number INTEGER
) STRICT;
CREATE INDEX event_of_deployment ON event (deployment_id, id);
`;
