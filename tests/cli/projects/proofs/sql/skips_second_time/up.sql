CREATE TABLE IF NOT EXISTS dialogs (id bigint, state text);
