-- sqlmig VERSION: shop/default, 4 steps
-- Run it with: psql -X -f FILE
\set ON_ERROR_STOP on
SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
-- Fails when another run holds the lock.
SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_lock(1936813165, -456162732)::pg_catalog.int4;
SELECT NOT exists AS sqlmig_new FROM (SELECT pg_catalog.to_regclass('"sqlmig".migration') IS NOT NULL) AS ledger (exists) \gset
\if :sqlmig_new
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
SET LOCAL role TO DEFAULT;
SET LOCAL search_path = '';
SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off';
CREATE SCHEMA IF NOT EXISTS "sqlmig";
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (
SELECT 'its schema belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text AS wrong
FROM pg_catalog.pg_namespace n
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND NOT (pg_catalog.pg_has_role(n.nspowner, 10::pg_catalog.oid, 'MEMBER') OR n.nspowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, n.nspowner, 'MEMBER'))))
UNION ALL
SELECT c.relname::pg_catalog.text OPERATOR(pg_catalog.||) CASE
    WHEN c.relkind OPERATOR(pg_catalog.<>) 'r' THEN ' is not a plain table'
    WHEN c.relhasrules THEN ' has a rule'
    WHEN c.relhastriggers THEN ' has a trigger'
    WHEN c.relrowsecurity THEN ' has row security'
    WHEN NOT (pg_catalog.pg_has_role(c.relowner, 10::pg_catalog.oid, 'MEMBER') OR c.relowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER'))))
      THEN ' belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
    WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc','pg_catalog.pg_operator','pg_catalog.pg_type']::pg_catalog.regclass[]::pg_catalog.oid[]) AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.oid UNION ALL SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid)) AND d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_class','pg_catalog.pg_attrdef','pg_catalog.pg_constraint']::pg_catalog.regclass[]::pg_catalog.oid[])) THEN ' uses a function, operator or type that is not PostgreSQL''s own'
    ELSE ' has inheritance' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['ledger','migration','event','run']::pg_catalog.name[])
  AND (c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.relhasrules OR c.relhastriggers OR c.relrowsecurity OR c.relhassubclass
       OR NOT (pg_catalog.pg_has_role(c.relowner, 10::pg_catalog.oid, 'MEMBER') OR c.relowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER')))) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc','pg_catalog.pg_operator','pg_catalog.pg_type']::pg_catalog.regclass[]::pg_catalog.oid[]) AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.oid UNION ALL SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid)) AND d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_class','pg_catalog.pg_attrdef','pg_catalog.pg_constraint']::pg_catalog.regclass[]::pg_catalog.oid[]))
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid))
UNION ALL
SELECT 'migration lacks its primary key (scope, id)'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) 'migration'
  AND c.relkind OPERATOR(pg_catalog.=) 'r'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid AND x.indisprimary
    AND x.indisvalid AND x.indimmediate AND ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) x.indexrelid ORDER BY a.attnum)
      OPERATOR(pg_catalog.=) '{scope,id}'::pg_catalog.text[])
UNION ALL
SELECT pg_catalog.split_part(w.w, ' ', 1) OPERATOR(pg_catalog.||) ' is missing or has another type'
FROM pg_catalog.unnest(ARRAY['ledger.version 23','migration.scope 25','migration.id 25','migration.description 25','migration.depends_on 1009','migration.ordinal 20','migration.run 25','migration.attempt 25','migration.applied_at 1184','migration.duration_ms 20','migration.up_hash 25','migration.up_tokens 25','migration.down_hash 25','migration.down_tokens 25','migration.hash_algorithm 23','migration.down_kind 25','migration.down_script 25','migration.up_transaction 16','migration.down_transaction 16','migration.settings 25','migration.status 25','migration.statements_done 23','migration.statement_begun 23','migration.progress 25','run.id 25','run.scope 25','run.command 25','run.target 25','run.tool_version 25','run.db_user 25','run.os_user 25','run.host 25','run.started_at 1184','run.ended_at 1184','run.outcome 25','event.id 20','event.at 1184','event.scope 25','event.run 25','event.migration 25','event.direction 25','event.kind 25','event.attempt 25','event.duration_ms 20','event.statement 23','event.sqlstate 25','event.message 25']::pg_catalog.text[]) w (w)
WHERE w.w OPERATOR(pg_catalog.<>) ALL (ARRAY(
    SELECT pg_catalog.concat(c.relname, '.', a.attname, ' ', a.atttypid)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['ledger','migration','event','run']::pg_catalog.name[])
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped))
  AND pg_catalog.split_part(w.w, '.', 1) OPERATOR(pg_catalog.=) ANY (ARRAY(
    SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relkind OPERATOR(pg_catalog.=) 'r'))))::pg_catalog.int4;

COMMENT ON SCHEMA "sqlmig" IS 'sqlmig: which migrations are applied, and all that happened';

CREATE TABLE "sqlmig".ledger (
  version      integer     NOT NULL CONSTRAINT ledger_pkey PRIMARY KEY,
  installed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE "sqlmig".ledger IS 'Versions of these tables; the largest is the one in force';
COMMENT ON COLUMN "sqlmig".ledger.version IS 'Number of the layout';
COMMENT ON COLUMN "sqlmig".ledger.installed_at IS 'When it was installed';

CREATE TABLE "sqlmig".migration (
  scope            text        NOT NULL,
  id               text        NOT NULL,
  description      text        NOT NULL,
  depends_on       text[]      NOT NULL,
  ordinal          bigint      NOT NULL,
  run              text        NOT NULL,
  attempt          text        NOT NULL,
  applied_at       timestamptz NOT NULL,
  duration_ms      bigint      NOT NULL,
  up_hash          text        NOT NULL,
  up_tokens        text        NOT NULL,
  down_hash        text        NOT NULL,
  down_tokens      text        NOT NULL,
  hash_algorithm   integer     NOT NULL,
  down_kind        text        NOT NULL CONSTRAINT migration_down_kind_check
                   CHECK (down_kind IN ('script', 'secret', 'none', 'irreversible')),
  down_script      text,
  up_transaction   boolean     NOT NULL,
  down_transaction boolean     NOT NULL,
  settings         text        NOT NULL,
  status           text        NOT NULL CONSTRAINT migration_status_check
                   CHECK (status IN ('applied', 'applying', 'reverting')),
  statements_done  integer     NOT NULL DEFAULT 0,
  statement_begun  integer     NOT NULL DEFAULT 0,
  progress         text        NOT NULL DEFAULT '',
  CONSTRAINT migration_pkey PRIMARY KEY (scope, id)
);
COMMENT ON TABLE "sqlmig".migration IS 'The applied set: one row for each migration that is applied';
COMMENT ON COLUMN "sqlmig".migration.scope IS 'project/database of the manifest';
COMMENT ON COLUMN "sqlmig".migration.id IS 'Id in the manifest';
COMMENT ON COLUMN "sqlmig".migration.description IS 'Description in the manifest when it was applied';
COMMENT ON COLUMN "sqlmig".migration.depends_on IS 'Ids that it depended on when it was applied';
COMMENT ON COLUMN "sqlmig".migration.ordinal IS 'Order of application within the scope';
COMMENT ON COLUMN "sqlmig".migration.run IS 'Run that applied it';
COMMENT ON COLUMN "sqlmig".migration.attempt IS 'Unique mark of the attempt that wrote the row; settles commits whose answer was lost';
COMMENT ON COLUMN "sqlmig".migration.applied_at IS 'When it was applied; when it was started, while status is applying';
COMMENT ON COLUMN "sqlmig".migration.duration_ms IS 'How long its up script took, in milliseconds, on the server''s clock';
COMMENT ON COLUMN "sqlmig".migration.up_hash IS 'SHA-256 of up.sql; empty: no SQL';
COMMENT ON COLUMN "sqlmig".migration.up_tokens IS 'SHA-256 of the tokens of up.sql';
COMMENT ON COLUMN "sqlmig".migration.down_hash IS 'SHA-256 of down.sql; empty: no script';
COMMENT ON COLUMN "sqlmig".migration.down_tokens IS 'SHA-256 of the tokens of down.sql';
COMMENT ON COLUMN "sqlmig".migration.hash_algorithm IS 'Number of the way in which tokens are hashed';
COMMENT ON COLUMN "sqlmig".migration.down_kind IS 'script: stored here; secret: not stored, it sets a password; none: nothing to undo; irreversible: no way back';
COMMENT ON COLUMN "sqlmig".migration.down_script IS 'down.sql, so that a release without the file can roll back';
COMMENT ON COLUMN "sqlmig".migration.up_transaction IS 'Whether up runs in a transaction';
COMMENT ON COLUMN "sqlmig".migration.down_transaction IS 'Whether down runs in a transaction';
COMMENT ON COLUMN "sqlmig".migration.settings IS 'Settings that were in force for its script';
COMMENT ON COLUMN "sqlmig".migration.status IS 'applied; or applying, reverting: a non-transactional step is not finished';
COMMENT ON COLUMN "sqlmig".migration.statements_done IS 'Finished statements of a non-transactional step';
COMMENT ON COLUMN "sqlmig".migration.statement_begun IS 'Number of the unit of a half-done script that was begun last without a transaction; 0: none';
COMMENT ON COLUMN "sqlmig".migration.progress IS 'SHA-256 that identifies the finished units of a half-done script and their order';

CREATE TABLE "sqlmig".run (
  id           text        NOT NULL CONSTRAINT run_pkey PRIMARY KEY,
  scope        text        NOT NULL,
  command      text        NOT NULL,
  target       text        NOT NULL,
  tool_version text        NOT NULL,
  db_user      text        NOT NULL,
  os_user      text        NOT NULL,
  host         text        NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ended_at     timestamptz,
  outcome      text
);
CREATE INDEX run_unfinished ON "sqlmig".run (scope) WHERE ended_at IS NULL;
COMMENT ON TABLE "sqlmig".run IS 'One row for each run that changed something or tried to';
COMMENT ON COLUMN "sqlmig".run.id IS 'Unique id, also in the log file and in application_name';
COMMENT ON COLUMN "sqlmig".run.scope IS 'project/database of the manifest';
COMMENT ON COLUMN "sqlmig".run.command IS 'Command: apply, rollback, stamp, ...';
COMMENT ON COLUMN "sqlmig".run.target IS 'Target as typed';
COMMENT ON COLUMN "sqlmig".run.tool_version IS 'Version of sqlmig';
COMMENT ON COLUMN "sqlmig".run.db_user IS 'Role that was logged in';
COMMENT ON COLUMN "sqlmig".run.os_user IS 'User of the operating system where sqlmig ran';
COMMENT ON COLUMN "sqlmig".run.host IS 'Host where sqlmig ran';
COMMENT ON COLUMN "sqlmig".run.started_at IS 'When it took the lock';
COMMENT ON COLUMN "sqlmig".run.ended_at IS 'When it ended; empty: it still runs, or it died';
COMMENT ON COLUMN "sqlmig".run.outcome IS 'done, or the code of the error that ended it; abandoned: closed by a later run';

CREATE TABLE "sqlmig".event (
  id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT event_pkey PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  scope       text        NOT NULL,
  run         text        NOT NULL,
  migration   text,
  direction   text,
  kind        text        NOT NULL,
  attempt     text,
  duration_ms bigint,
  statement   integer,
  sqlstate    text,
  message     text
);
COMMENT ON TABLE "sqlmig".event IS 'Journal: rows are only added';
COMMENT ON COLUMN "sqlmig".event.id IS 'Order of writing';
COMMENT ON COLUMN "sqlmig".event.at IS 'When it happened';
COMMENT ON COLUMN "sqlmig".event.scope IS 'project/database of the manifest';
COMMENT ON COLUMN "sqlmig".event.run IS 'Run that wrote it';
COMMENT ON COLUMN "sqlmig".event.migration IS 'Migration it is about';
COMMENT ON COLUMN "sqlmig".event.direction IS 'up or down';
COMMENT ON COLUMN "sqlmig".event.kind IS 'applied, reverted, failed, started, resumed, statement, stamped, unstamped, purged, repaired';
COMMENT ON COLUMN "sqlmig".event.attempt IS 'Unique mark of the attempt';
COMMENT ON COLUMN "sqlmig".event.duration_ms IS 'Duration in milliseconds';
COMMENT ON COLUMN "sqlmig".event.statement IS 'Number of the statement of a non-transactional step';
COMMENT ON COLUMN "sqlmig".event.sqlstate IS 'Error code of the server';
COMMENT ON COLUMN "sqlmig".event.message IS 'Error message without its DETAIL, or what was repaired';

ALTER TABLE "sqlmig".event ADD COLUMN receipt jsonb;
COMMENT ON COLUMN "sqlmig".event.kind IS 'applied, reverted, failed, started, resumed, statement, stamped, unstamped, purged, repaired, receipt';
COMMENT ON COLUMN "sqlmig".event.receipt IS 'Of kind receipt: locks that the step held, waits, victims, tables rewritten and scanned';
INSERT INTO "sqlmig".ledger (version) VALUES (2);
COMMIT;
\endif
-- Fails when the ledger is not what sqlmig made; 'sqlmig status' says why.
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (
SELECT 'its schema belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text AS wrong
FROM pg_catalog.pg_namespace n
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND NOT (pg_catalog.pg_has_role(n.nspowner, 10::pg_catalog.oid, 'MEMBER') OR n.nspowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, n.nspowner, 'MEMBER'))))
UNION ALL
SELECT c.relname::pg_catalog.text OPERATOR(pg_catalog.||) CASE
    WHEN c.relkind OPERATOR(pg_catalog.<>) 'r' THEN ' is not a plain table'
    WHEN c.relhasrules THEN ' has a rule'
    WHEN c.relhastriggers THEN ' has a trigger'
    WHEN c.relrowsecurity THEN ' has row security'
    WHEN NOT (pg_catalog.pg_has_role(c.relowner, 10::pg_catalog.oid, 'MEMBER') OR c.relowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER'))))
      THEN ' belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
    WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc','pg_catalog.pg_operator','pg_catalog.pg_type']::pg_catalog.regclass[]::pg_catalog.oid[]) AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.oid UNION ALL SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid)) AND d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_class','pg_catalog.pg_attrdef','pg_catalog.pg_constraint']::pg_catalog.regclass[]::pg_catalog.oid[])) THEN ' uses a function, operator or type that is not PostgreSQL''s own'
    ELSE ' has inheritance' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['ledger','migration','event','run']::pg_catalog.name[])
  AND (c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.relhasrules OR c.relhastriggers OR c.relrowsecurity OR c.relhassubclass
       OR NOT (pg_catalog.pg_has_role(c.relowner, 10::pg_catalog.oid, 'MEMBER') OR c.relowner OPERATOR(pg_catalog.=) (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) OR (NOT pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER') AND (pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER')))) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc','pg_catalog.pg_operator','pg_catalog.pg_type']::pg_catalog.regclass[]::pg_catalog.oid[]) AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.oid UNION ALL SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid)) AND d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_class','pg_catalog.pg_attrdef','pg_catalog.pg_constraint']::pg_catalog.regclass[]::pg_catalog.oid[]))
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid))
UNION ALL
SELECT 'migration lacks its primary key (scope, id)'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) 'migration'
  AND c.relkind OPERATOR(pg_catalog.=) 'r'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid AND x.indisprimary
    AND x.indisvalid AND x.indimmediate AND ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) x.indexrelid ORDER BY a.attnum)
      OPERATOR(pg_catalog.=) '{scope,id}'::pg_catalog.text[])
UNION ALL
SELECT pg_catalog.split_part(w.w, ' ', 1) OPERATOR(pg_catalog.||) ' is missing or has another type'
FROM pg_catalog.unnest(ARRAY['ledger.version 23','migration.scope 25','migration.id 25','migration.description 25','migration.depends_on 1009','migration.ordinal 20','migration.run 25','migration.attempt 25','migration.applied_at 1184','migration.duration_ms 20','migration.up_hash 25','migration.up_tokens 25','migration.down_hash 25','migration.down_tokens 25','migration.hash_algorithm 23','migration.down_kind 25','migration.down_script 25','migration.up_transaction 16','migration.down_transaction 16','migration.settings 25','migration.status 25','migration.statements_done 23','migration.statement_begun 23','migration.progress 25','run.id 25','run.scope 25','run.command 25','run.target 25','run.tool_version 25','run.db_user 25','run.os_user 25','run.host 25','run.started_at 1184','run.ended_at 1184','run.outcome 25','event.id 20','event.at 1184','event.scope 25','event.run 25','event.migration 25','event.direction 25','event.kind 25','event.attempt 25','event.duration_ms 20','event.statement 23','event.sqlstate 25','event.message 25']::pg_catalog.text[]) w (w)
WHERE w.w OPERATOR(pg_catalog.<>) ALL (ARRAY(
    SELECT pg_catalog.concat(c.relname, '.', a.attname, ' ', a.atttypid)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['ledger','migration','event','run']::pg_catalog.name[])
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped))
  AND pg_catalog.split_part(w.w, '.', 1) OPERATOR(pg_catalog.=) ANY (ARRAY(
    SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) 'sqlmig' AND c.relkind OPERATOR(pg_catalog.=) 'r'))))::pg_catalog.int4;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
SET LOCAL role TO DEFAULT;
SET LOCAL search_path = '';
SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off';
INSERT INTO "sqlmig".run (id, scope, command, target, tool_version, db_user, os_user, host) VALUES ('00000001-0000-0000-0000-000000000000', 'shop/default', 'apply', '--sql join_branches', 'VERSION', session_user, 'tester', 'HOST');
COMMIT;

-- 1/4 up create_users
SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL statement_timeout = 0;
SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock(1936813165, -456162732)::pg_catalog.int4;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM "sqlmig".migration m WHERE m.scope OPERATOR(pg_catalog.=) 'shop/default' AND m.id OPERATOR(pg_catalog.=) 'create_users'))::pg_catalog.int4;
DECLARE "sqlmig guard" CURSOR WITHOUT HOLD FOR SELECT 1;
CREATE TABLE users (
  id   bigint PRIMARY KEY,
  name text   NOT NULL
);
;
SET CONSTRAINTS ALL IMMEDIATE;
CLOSE "sqlmig guard";
CLOSE ALL;
DEALLOCATE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
DISCARD PLANS;
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
SELECT pg_catalog.pg_advisory_unlock_all(), 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_lock(1936813165, -456162732)::pg_catalog.int4;
SET LOCAL search_path = '';
SET LOCAL synchronous_commit = off;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.to_regclass('"sqlmig".ledger'),pg_catalog.to_regclass('"sqlmig".migration'),pg_catalog.to_regclass('"sqlmig".event'),pg_catalog.to_regclass('"sqlmig".run')]::pg_catalog.oid[]) AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY['ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock','RowExclusiveLock']::pg_catalog.text[])))::pg_catalog.int4;
WITH w AS (INSERT INTO "sqlmig".migration (scope, id, description, depends_on, ordinal, run, attempt, applied_at, duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, down_script, up_transaction, down_transaction, settings, status) VALUES ('shop/default', 'create_users', 'People who own bots', ARRAY[]::pg_catalog.text[], (SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM "sqlmig".migration o WHERE o.scope OPERATOR(pg_catalog.=) 'shop/default'), '00000001-0000-0000-0000-000000000000', '00000002-0000-0000-0000-000000000000', pg_catalog.clock_timestamp(), (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, '6dbb3faf5970b2ea727627cecb06ca6c5ace6ebe0a26461f7ce30db5e18835bc', '999fdeba3ccf432dbd45f47b28c3614b65b73122a8c7ed5e3664e61ca7a80ca8', 'de1015707e41d6682186c3440c58b222518e75eae7becfba74346468eefdfc5d', '96c54420fcdafc8cb2de0dc989445d41b0546804e860b9879dca55ceecd8d7ae', 1, 'script', 'DROP TABLE users;
', true, true, '', 'applied') RETURNING duration_ms AS ms), e AS (INSERT INTO "sqlmig".event (scope, run, migration, direction, kind, attempt, duration_ms) SELECT 'shop/default', '00000001-0000-0000-0000-000000000000', 'create_users', 'up', 'applied', '00000002-0000-0000-0000-000000000000', w.ms FROM w) SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*), pg_catalog.max(w.ms) FROM w;
COMMIT;

-- 2/4 up create_bots
SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL statement_timeout = 0;
SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock(1936813165, -456162732)::pg_catalog.int4;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM "sqlmig".migration m WHERE m.scope OPERATOR(pg_catalog.=) 'shop/default' AND m.id OPERATOR(pg_catalog.=) 'create_bots'))::pg_catalog.int4;
DECLARE "sqlmig guard" CURSOR WITHOUT HOLD FOR SELECT 1;
CREATE TABLE bots (
  id      bigint PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users
);
;
SET CONSTRAINTS ALL IMMEDIATE;
CLOSE "sqlmig guard";
CLOSE ALL;
DEALLOCATE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
DISCARD PLANS;
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
SELECT pg_catalog.pg_advisory_unlock_all(), 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_lock(1936813165, -456162732)::pg_catalog.int4;
SET LOCAL search_path = '';
SET LOCAL synchronous_commit = off;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.to_regclass('"sqlmig".ledger'),pg_catalog.to_regclass('"sqlmig".migration'),pg_catalog.to_regclass('"sqlmig".event'),pg_catalog.to_regclass('"sqlmig".run')]::pg_catalog.oid[]) AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY['ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock','RowExclusiveLock']::pg_catalog.text[])))::pg_catalog.int4;
WITH w AS (INSERT INTO "sqlmig".migration (scope, id, description, depends_on, ordinal, run, attempt, applied_at, duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, down_script, up_transaction, down_transaction, settings, status) VALUES ('shop/default', 'create_bots', 'Bots and their databases', ARRAY['create_users']::pg_catalog.text[], (SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM "sqlmig".migration o WHERE o.scope OPERATOR(pg_catalog.=) 'shop/default'), '00000001-0000-0000-0000-000000000000', '00000003-0000-0000-0000-000000000000', pg_catalog.clock_timestamp(), (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, '9004b9111f06f4af178ce3713712cc9fb62a245664132714bafa3a6c81333bfe', '424cfb7ad56102ac30071cb1a9e38478aa7bfa57fec421f1d696222c0ff0c416', '550871f4c000cbd8165ec71ff9198b0227814598df64cd04de52176a28aa1e5d', '056314d3ccbbe71f704897a7d57c1070536c1d71313369dce85c0a5409b7f2b5', 1, 'script', 'DROP TABLE bots;
', true, true, '', 'applied') RETURNING duration_ms AS ms), e AS (INSERT INTO "sqlmig".event (scope, run, migration, direction, kind, attempt, duration_ms) SELECT 'shop/default', '00000001-0000-0000-0000-000000000000', 'create_bots', 'up', 'applied', '00000003-0000-0000-0000-000000000000', w.ms FROM w) SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*), pg_catalog.max(w.ms) FROM w;
COMMIT;

-- 3/4 up add_email
SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL statement_timeout = 0;
SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock(1936813165, -456162732)::pg_catalog.int4;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM "sqlmig".migration m WHERE m.scope OPERATOR(pg_catalog.=) 'shop/default' AND m.id OPERATOR(pg_catalog.=) 'add_email'))::pg_catalog.int4;
DECLARE "sqlmig guard" CURSOR WITHOUT HOLD FOR SELECT 1;
ALTER TABLE users ADD COLUMN email text;
;
SET CONSTRAINTS ALL IMMEDIATE;
CLOSE "sqlmig guard";
CLOSE ALL;
DEALLOCATE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
DISCARD PLANS;
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
SELECT pg_catalog.pg_advisory_unlock_all(), 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_lock(1936813165, -456162732)::pg_catalog.int4;
SET LOCAL search_path = '';
SET LOCAL synchronous_commit = off;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.to_regclass('"sqlmig".ledger'),pg_catalog.to_regclass('"sqlmig".migration'),pg_catalog.to_regclass('"sqlmig".event'),pg_catalog.to_regclass('"sqlmig".run')]::pg_catalog.oid[]) AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY['ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock','RowExclusiveLock']::pg_catalog.text[])))::pg_catalog.int4;
WITH w AS (INSERT INTO "sqlmig".migration (scope, id, description, depends_on, ordinal, run, attempt, applied_at, duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, down_script, up_transaction, down_transaction, settings, status) VALUES ('shop/default', 'add_email', 'Where to write to', ARRAY['create_users']::pg_catalog.text[], (SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM "sqlmig".migration o WHERE o.scope OPERATOR(pg_catalog.=) 'shop/default'), '00000001-0000-0000-0000-000000000000', '00000004-0000-0000-0000-000000000000', pg_catalog.clock_timestamp(), (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, '315473a27c3413dbff149b4a3c0b90484b02dceb4ce8ba601f55ebeb0a39f6c4', '67e90a7c8d63cb2ba5e3716aae12d87c7cbfdccaa222003ee741ed4e8eb77e8c', '3894a2e157f40fa13c2ee60b9cb09e02ba73cadb64e3ff3d6a0b73983d325903', 'f855ada7e0b5f87b1af655b3031e5bd1e14be3776f54c854debe4705730a4080', 1, 'script', 'ALTER TABLE users DROP COLUMN email;
', true, true, '', 'applied') RETURNING duration_ms AS ms), e AS (INSERT INTO "sqlmig".event (scope, run, migration, direction, kind, attempt, duration_ms) SELECT 'shop/default', '00000001-0000-0000-0000-000000000000', 'add_email', 'up', 'applied', '00000004-0000-0000-0000-000000000000', w.ms FROM w) SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*), pg_catalog.max(w.ms) FROM w;
COMMIT;

-- 4/4 up join_branches
SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL statement_timeout = 0;
SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock(1936813165, -456162732)::pg_catalog.int4;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM "sqlmig".migration m WHERE m.scope OPERATOR(pg_catalog.=) 'shop/default' AND m.id OPERATOR(pg_catalog.=) 'join_branches'))::pg_catalog.int4;
DECLARE "sqlmig guard" CURSOR WITHOUT HOLD FOR SELECT 1;
;
SET CONSTRAINTS ALL IMMEDIATE;
CLOSE "sqlmig guard";
CLOSE ALL;
DEALLOCATE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
DISCARD PLANS;
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
SELECT pg_catalog.pg_advisory_unlock_all(), 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_lock(1936813165, -456162732)::pg_catalog.int4;
SET LOCAL search_path = '';
SET LOCAL synchronous_commit = off;
SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.to_regclass('"sqlmig".ledger'),pg_catalog.to_regclass('"sqlmig".migration'),pg_catalog.to_regclass('"sqlmig".event'),pg_catalog.to_regclass('"sqlmig".run')]::pg_catalog.oid[]) AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY['ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock','RowExclusiveLock']::pg_catalog.text[])))::pg_catalog.int4;
WITH w AS (INSERT INTO "sqlmig".migration (scope, id, description, depends_on, ordinal, run, attempt, applied_at, duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, down_script, up_transaction, down_transaction, settings, status) VALUES ('shop/default', 'join_branches', '', ARRAY['create_bots', 'add_email']::pg_catalog.text[], (SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM "sqlmig".migration o WHERE o.scope OPERATOR(pg_catalog.=) 'shop/default'), '00000001-0000-0000-0000-000000000000', '00000005-0000-0000-0000-000000000000', pg_catalog.clock_timestamp(), (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, '', '', '', '', 1, 'none', NULL, true, true, '', 'applied') RETURNING duration_ms AS ms), e AS (INSERT INTO "sqlmig".event (scope, run, migration, direction, kind, attempt, duration_ms) SELECT 'shop/default', '00000001-0000-0000-0000-000000000000', 'join_branches', 'up', 'applied', '00000005-0000-0000-0000-000000000000', w.ms FROM w) SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*), pg_catalog.max(w.ms) FROM w;
COMMIT;

SET client_encoding = 'UTF8'; SET lock_timeout = 3000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 60000; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
SET LOCAL role TO DEFAULT;
SET LOCAL search_path = '';
SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off';
UPDATE "sqlmig".run r SET ended_at = pg_catalog.clock_timestamp(), outcome = 'done' WHERE r.id OPERATOR(pg_catalog.=) '00000001-0000-0000-0000-000000000000' AND r.ended_at IS NULL;
COMMIT;
