-- 4 migrations in one: create_users to join_branches. Made by 'sqlmig squash'.

-- create_users
CREATE TABLE users (
  id   bigint PRIMARY KEY,
  name text   NOT NULL
);

-- create_bots
CREATE TABLE bots (
  id      bigint PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users
);

-- add_email
ALTER TABLE users ADD COLUMN email text;

-- join_branches
COPY bots (id, user_id) FROM stdin;
\.
COMMENT ON TABLE bots IS 'joined' -- without a semicolon
;

