CREATE TYPE bot_database_state AS ENUM ('requested', 'ready', 'retired');

COMMENT ON TYPE bot_database_state IS
    'requested: not created yet; ready: migrated and in use; retired: kept for its backups only.';

CREATE TABLE database_servers (
    id            integer     GENERATED ALWAYS AS IDENTITY,
    host          text        NOT NULL,
    port          integer     NOT NULL DEFAULT 5432,
    ssl_mode      text        NOT NULL DEFAULT 'verify-full',
    max_databases integer     NOT NULL DEFAULT 500,
    accepts_new   boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT database_servers_pkey PRIMARY KEY (id),
    CONSTRAINT database_servers_host_port_key UNIQUE (host, port),
    CONSTRAINT database_servers_host_check CHECK (host ~ '^[A-Za-z0-9/][A-Za-z0-9._/-]*$'),
    CONSTRAINT database_servers_port_check CHECK (port BETWEEN 1 AND 65535),
    CONSTRAINT database_servers_ssl_mode_check
        CHECK (ssl_mode IN ('disable', 'prefer', 'require', 'verify-ca', 'verify-full')),
    CONSTRAINT database_servers_max_databases_check CHECK (max_databases > 0)
);

CREATE TABLE bot_databases (
    bot_id        uuid               NOT NULL,
    server_id     integer            NOT NULL,
    database_name text               NOT NULL,
    role_name     text               NOT NULL,
    state         bot_database_state NOT NULL DEFAULT 'requested',
    created_at    timestamptz        NOT NULL DEFAULT now(),
    updated_at    timestamptz        NOT NULL DEFAULT now(),

    CONSTRAINT bot_databases_pkey PRIMARY KEY (bot_id),
    CONSTRAINT bot_databases_server_id_database_name_key UNIQUE (server_id, database_name),
    CONSTRAINT bot_databases_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES bots (id) ON DELETE RESTRICT,
    CONSTRAINT bot_databases_server_id_fkey
        FOREIGN KEY (server_id) REFERENCES database_servers (id) ON DELETE RESTRICT,
    -- Neither name needs quoting in SQL or escaping in a URL; the view below relies on it.
    CONSTRAINT bot_databases_database_name_check CHECK (database_name ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT bot_databases_role_name_check CHECK (role_name ~ '^[a-z][a-z0-9_]{0,62}$')
);

CREATE TRIGGER bot_databases_touch_updated_at
    BEFORE UPDATE ON bot_databases
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The host stands in the query part, where a socket directory needs no escaping.
CREATE VIEW bot_fleet AS
SELECT b.slug AS name,
       format('postgresql://%s@/%s?host=%s&port=%s&sslmode=%s',
              d.role_name, d.database_name, s.host, s.port, s.ssl_mode) AS url
FROM bot_databases d
JOIN database_servers s ON s.id = d.server_id
JOIN bots b ON b.id = d.bot_id
WHERE d.state = 'ready';

COMMENT ON TABLE database_servers IS 'PostgreSQL servers that carry the databases of bots.';
COMMENT ON COLUMN database_servers.host IS 'Host name, or the directory of a Unix socket.';
COMMENT ON COLUMN database_servers.max_databases IS
    'A new bot goes to a server that is below this and accepts_new.';
COMMENT ON TABLE bot_databases IS 'Where each bot keeps its data: one database for a bot.';
COMMENT ON COLUMN bot_databases.role_name IS
    'Owner of the database. No password is kept: the service has a client certificate, so a URL is no secret.';
COMMENT ON VIEW bot_fleet IS 'Databases that a release has to migrate, as the migrator wants them: name and url.';
