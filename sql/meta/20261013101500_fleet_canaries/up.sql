-- A release tries a few databases first. A constant default is stored in the
-- catalogue, so adding the column rewrites nothing.
ALTER TABLE bot_databases ADD COLUMN is_canary boolean NOT NULL DEFAULT false;

-- A view takes new columns at its end only. An archived bot is woken by hand, and
-- migrated then.
CREATE OR REPLACE VIEW bot_fleet AS
SELECT b.slug AS name,
       format('postgresql://%s@/%s?host=%s&port=%s&sslmode=%s',
              d.role_name, d.database_name, s.host, s.port, s.ssl_mode) AS url,
       d.is_canary
FROM bot_databases d
JOIN database_servers s ON s.id = d.server_id
JOIN bots b ON b.id = d.bot_id
WHERE d.state = 'ready' AND b.state <> 'archived';

COMMENT ON COLUMN bot_databases.is_canary IS 'Migrated before the others: our own bots, and a few volunteers.';
COMMENT ON COLUMN bot_fleet.is_canary IS 'The fleet query of migrations.yaml sorts by it.';
