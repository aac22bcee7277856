CREATE TABLE bots (slug text PRIMARY KEY, database_url text NOT NULL);
