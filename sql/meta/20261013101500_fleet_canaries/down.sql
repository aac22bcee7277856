-- CREATE OR REPLACE cannot take a column away.
DROP VIEW bot_fleet;

ALTER TABLE bot_databases DROP COLUMN is_canary;

CREATE VIEW bot_fleet AS
SELECT b.slug AS name,
       format('postgresql://%s@/%s?host=%s&port=%s&sslmode=%s',
              d.role_name, d.database_name, s.host, s.port, s.ssl_mode) AS url
FROM bot_databases d
JOIN database_servers s ON s.id = d.server_id
JOIN bots b ON b.id = d.bot_id
WHERE d.state = 'ready';

COMMENT ON VIEW bot_fleet IS 'Databases that a release has to migrate, as the migrator wants them: name and url.';
