// The ledger's tables, for a schema that is there: version 1, and what leads from each version to the next. A new
// ledger is made the same way as an old one is upgraded, so that both are the same. {schema} is the quoted name. Run in
// one transaction, under the run lock. Columns are text, never varchar: operators on varchar can be planted by others.
#pragma once

#include <array>

#include "ledger/ledger_sql.h"

namespace sqlmig {

inline constexpr const char* kLedgerSchemaV1 = R"sql(
COMMENT ON SCHEMA {schema} IS 'sqlmig: which migrations are applied, and all that happened';

CREATE TABLE {schema}.ledger (
  version      integer     NOT NULL CONSTRAINT ledger_pkey PRIMARY KEY,
  installed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE {schema}.ledger IS 'Versions of these tables; the largest is the one in force';
COMMENT ON COLUMN {schema}.ledger.version IS 'Number of the layout';
COMMENT ON COLUMN {schema}.ledger.installed_at IS 'When it was installed';

CREATE TABLE {schema}.migration (
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
COMMENT ON TABLE {schema}.migration IS 'The applied set: one row for each migration that is applied';
COMMENT ON COLUMN {schema}.migration.scope IS 'project/database of the manifest';
COMMENT ON COLUMN {schema}.migration.id IS 'Id in the manifest';
COMMENT ON COLUMN {schema}.migration.description IS 'Description in the manifest when it was applied';
COMMENT ON COLUMN {schema}.migration.depends_on IS 'Ids that it depended on when it was applied';
COMMENT ON COLUMN {schema}.migration.ordinal IS 'Order of application within the scope';
COMMENT ON COLUMN {schema}.migration.run IS 'Run that applied it';
COMMENT ON COLUMN {schema}.migration.attempt IS 'Unique mark of the attempt that wrote the row; settles commits whose answer was lost';
COMMENT ON COLUMN {schema}.migration.applied_at IS 'When it was applied; when it was started, while status is applying';
COMMENT ON COLUMN {schema}.migration.duration_ms IS 'How long its up script took, in milliseconds, on the server''s clock';
COMMENT ON COLUMN {schema}.migration.up_hash IS 'SHA-256 of up.sql; empty: no SQL';
COMMENT ON COLUMN {schema}.migration.up_tokens IS 'SHA-256 of the tokens of up.sql';
COMMENT ON COLUMN {schema}.migration.down_hash IS 'SHA-256 of down.sql; empty: no script';
COMMENT ON COLUMN {schema}.migration.down_tokens IS 'SHA-256 of the tokens of down.sql';
COMMENT ON COLUMN {schema}.migration.hash_algorithm IS 'Number of the way in which tokens are hashed';
COMMENT ON COLUMN {schema}.migration.down_kind IS 'script: stored here; secret: not stored, it sets a password; none: nothing to undo; irreversible: no way back';
COMMENT ON COLUMN {schema}.migration.down_script IS 'down.sql, so that a release without the file can roll back';
COMMENT ON COLUMN {schema}.migration.up_transaction IS 'Whether up runs in a transaction';
COMMENT ON COLUMN {schema}.migration.down_transaction IS 'Whether down runs in a transaction';
COMMENT ON COLUMN {schema}.migration.settings IS 'Settings that were in force for its script';
COMMENT ON COLUMN {schema}.migration.status IS 'applied; or applying, reverting: a non-transactional step is not finished';
COMMENT ON COLUMN {schema}.migration.statements_done IS 'Finished statements of a non-transactional step';
COMMENT ON COLUMN {schema}.migration.statement_begun IS 'Number of the unit of a half-done script that was begun last without a transaction; 0: none';
COMMENT ON COLUMN {schema}.migration.progress IS 'SHA-256 that identifies the finished units of a half-done script and their order';

CREATE TABLE {schema}.run (
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
CREATE INDEX run_unfinished ON {schema}.run (scope) WHERE ended_at IS NULL;
COMMENT ON TABLE {schema}.run IS 'One row for each run that changed something or tried to';
COMMENT ON COLUMN {schema}.run.id IS 'Unique id, also in the log file and in application_name';
COMMENT ON COLUMN {schema}.run.scope IS 'project/database of the manifest';
COMMENT ON COLUMN {schema}.run.command IS 'Command: apply, rollback, stamp, ...';
COMMENT ON COLUMN {schema}.run.target IS 'Target as typed';
COMMENT ON COLUMN {schema}.run.tool_version IS 'Version of sqlmig';
COMMENT ON COLUMN {schema}.run.db_user IS 'Role that was logged in';
COMMENT ON COLUMN {schema}.run.os_user IS 'User of the operating system where sqlmig ran';
COMMENT ON COLUMN {schema}.run.host IS 'Host where sqlmig ran';
COMMENT ON COLUMN {schema}.run.started_at IS 'When it took the lock';
COMMENT ON COLUMN {schema}.run.ended_at IS 'When it ended; empty: it still runs, or it died';
COMMENT ON COLUMN {schema}.run.outcome IS 'done, or the code of the error that ended it; abandoned: closed by a later run';

CREATE TABLE {schema}.event (
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
COMMENT ON TABLE {schema}.event IS 'Journal: rows are only added';
COMMENT ON COLUMN {schema}.event.id IS 'Order of writing';
COMMENT ON COLUMN {schema}.event.at IS 'When it happened';
COMMENT ON COLUMN {schema}.event.scope IS 'project/database of the manifest';
COMMENT ON COLUMN {schema}.event.run IS 'Run that wrote it';
COMMENT ON COLUMN {schema}.event.migration IS 'Migration it is about';
COMMENT ON COLUMN {schema}.event.direction IS 'up or down';
COMMENT ON COLUMN {schema}.event.kind IS 'applied, reverted, failed, started, resumed, statement, stamped, unstamped, purged, repaired';
COMMENT ON COLUMN {schema}.event.attempt IS 'Unique mark of the attempt';
COMMENT ON COLUMN {schema}.event.duration_ms IS 'Duration in milliseconds';
COMMENT ON COLUMN {schema}.event.statement IS 'Number of the statement of a non-transactional step';
COMMENT ON COLUMN {schema}.event.sqlstate IS 'Error code of the server';
COMMENT ON COLUMN {schema}.event.message IS 'Error message without its DETAIL, or what was repaired';
)sql";

struct LedgerUpgrade {
  int version;  // that it makes
  const char* sql;
};

// A later version is one more line here; what is here is never changed.
inline constexpr std::array<LedgerUpgrade, 1> kLedgerUpgrades = {{{2, R"sql(
ALTER TABLE {schema}.event ADD COLUMN receipt jsonb;
COMMENT ON COLUMN {schema}.event.kind IS 'applied, reverted, failed, started, resumed, statement, stamped, unstamped, purged, repaired, receipt';
COMMENT ON COLUMN {schema}.event.receipt IS 'Of kind receipt: locks that the step held, waits, victims, tables rewritten and scanned';
)sql"}}};
static_assert(kLedgerUpgrades.back().version == kLedgerVersion);

}  // namespace sqlmig
