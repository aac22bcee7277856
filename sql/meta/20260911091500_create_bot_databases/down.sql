DROP VIEW bot_fleet;
DROP TABLE bot_databases;
DROP TABLE database_servers;
DROP TYPE bot_database_state;
