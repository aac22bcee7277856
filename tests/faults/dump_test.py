"""dump and load: the file is the same wherever it is written, a database made of it is the one it was written from, and
nothing is left half done.

pg_dump cannot read a server that is newer than itself. On such a server each test wants the error that says so."""

import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess

import harness

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class DumpTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.db = self.empty_database()

    def empty_database(self):
        self.cluster.databases += 1
        name = f'dump{self.cluster.databases}'
        self.cluster.query('postgres', f'CREATE DATABASE {name} TEMPLATE template0{self.cluster.by_copying()}')
        return name

    def of(self, database, user='postgres', **extra):
        """The environment for another database."""
        return {'DATABASE_URL': self.cluster.url(database, user=user), **extra}

    def cannot_dump(self):
        """Whether the server is too new, after a look at what is said then."""
        version, _ = harness.pg_dump()
        if version >= self.cluster.version // 10000:
            return False
        result = self.expect_error(3, 'server_version', 'dump')
        self.assertIn(f'the server is PostgreSQL {self.cluster.version // 10000}', result.err)
        self.assertIn('SQLMIG_PG_DUMP', result.err)
        return True

    def plain_dump(self, database):
        """pg_dump's own words without what changes from one run to the next, and without the ledger."""
        said = subprocess.run([harness.pg_dump()[1], '-h', self.cluster.folder, '-p', str(self.cluster.port), '-U', 'postgres', '-N',
                               'sqlmig', '--schema-only', database], capture_output=True, text=True, check=True).stdout
        return [line for line in said.splitlines() if not line.startswith(('\\restrict', '\\unrestrict'))]

    def program(self, text):
        """A program in place of pg_dump, which can call it as "$PG_DUMP"."""
        path = self.project.path('in-place-of-pg_dump')
        self.project.write_file(path, f'#!/bin/sh\nPG_DUMP={harness.pg_dump()[1]}\n'
                                      f'[ "$1" = --version ] && exec "$PG_DUMP" --version\ncd {self.project.folder}\n' + text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IEXEC)
        return {'SQLMIG_PG_DUMP': path}

    def goes_round(self, *options):
        """Dump, load, dump; gives the loaded database."""
        self.expect(0, 'dump', *options)
        other = self.empty_database()
        loaded = self.expect(0, 'load', *options, env=self.of(other))
        self.assertNotIn('pending', loaded.out)
        self.expect(0, 'dump', '--out', 'again.sql', *options, env=self.of(other))
        self.maxDiff = None
        self.assertEqual(self.project.read_file(self.schema_file).splitlines(), self.project.read_file('again.sql').splitlines())
        self.assertEqual(self.plain_dump(self.db), self.plain_dump(other))
        return other

    schema_file = 'schema.sql'


class BotConstructorDumpTest(DumpTest):
    """The first user's migrations."""

    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(REPOSITORY, 'migrations.yaml'), self.project.folder)
        shutil.copytree(os.path.join(REPOSITORY, 'sql'), self.project.path('sql'))

    def run_sqlmig(self, *arguments, **options):
        return super().run_sqlmig(*arguments, write=False, **options)

    def env(self, **extra):
        """DATABASE_URL is for the database meta alone: a fleet's member is named by its own variable."""
        variables = super().env(**extra)
        if self.schema_file.startswith('bot'):
            variables['SQLMIG_BOT_URL'] = variables.pop('DATABASE_URL')
        return variables

    def round(self, name):
        self.schema_file = f'{name}.schema.sql'
        self.expect(0, 'apply', '-d', name)
        if self.cannot_dump_of(name):
            return
        other = self.goes_round('-d', name)
        env = self.of(other)
        self.assertIn('nothing to do', self.expect(0, 'apply', '-d', name, env=env).out)
        self.assertIn('nothing to do', self.expect(0, 'apply', '-d', name).out)
        self.assertIn('current', self.expect(0, 'status', '--exit-code', '-d', name, env=env).out)

        # Back with the scripts that the ledger has stored, forth again with those of the checkout.
        stored = self.cluster.query(other, 'SELECT count(*) FROM sqlmig.migration WHERE down_script IS NOT NULL')[0][0]
        self.assertGreater(stored, 10)
        self.expect(0, 'rollback', '-1', '-d', name, '--yes', env=env)
        self.expect(0, 'rollback', '-3', '-d', name, '--yes', env=env)
        self.expect(0, 'apply', '-d', name, env=env)
        self.expect(0, 'dump', '-d', name, '--out', 'forth.sql', env=env)
        self.assertEqual(self.project.read_file(self.schema_file), self.project.read_file('forth.sql'))

        self.expect(0, 'rollback', 'base', '-d', name, '--yes', env=env)
        self.assertEqual([], self.cluster.query(other, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))

    def cannot_dump_of(self, name):
        version, _ = harness.pg_dump()
        if version >= self.cluster.version // 10000:
            return False
        self.expect_error(3, 'server_version', 'dump', '-d', name)
        return True

    def test_meta(self):
        self.round('meta')

    def test_bot(self):
        self.round('bot')


OBJECTS = r"""
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE SCHEMA "Odd ""name";
COMMENT ON SCHEMA "Odd ""name" IS 'It''s a \ "schema"; -- no comment';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s; fine');
CREATE TYPE pair AS (a integer, b text);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE span AS RANGE (subtype = numeric);
CREATE SEQUENCE counter START 7 INCREMENT 3;
CREATE FUNCTION double(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $_$ SELECT $1 * 2; -- $$ ; \ $_$;
CREATE FUNCTION long_body() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- sqlmig applied 1
  -- migration not_this
  EXECUTE 'SELECT ''a\b'' || $$dollar$$';
/*
\restrict this is no command

--
-- PostgreSQL database dump complete
--

\unrestrict nor this
*/
  RETURN NEW;
END $body$;
CREATE FUNCTION atomic_one(a integer) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN a; END';
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name citext NOT NULL COLLATE "C",
  path text DEFAULT 'C:\new\table' CHECK (path <> E'tab\there'),
  born timestamptz DEFAULT '2020-02-03 04:05:06+00',
  feels mood DEFAULT 'ok',
  twice integer GENERATED ALWAYS AS (double(3)) STORED,
  raw bytea DEFAULT '\x00ff5c',
  wait interval DEFAULT '1 day 02:03:04',
  how positive, at span, both_ pair,
  EXCLUDE USING gist (at WITH &&)
) WITH (fillfactor = 80);
ALTER TABLE people ALTER COLUMN path SET STATISTICS 55, ALTER COLUMN path SET STORAGE EXTERNAL;
COMMENT ON COLUMN people.path IS E'line one\nline two; \\ and ''quotes''';
CREATE INDEX people_name_trgm ON people USING gin ((name::text) gin_trgm_ops) WHERE id > 5;
CREATE TABLE "Odd ""name"."Sel;ect" ("a ""b" integer DEFAULT nextval('counter'), CONSTRAINT "x;y" UNIQUE ("a ""b"));
CREATE TABLE events (at timestamptz NOT NULL, kind text, body jsonb) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2021-01-01 00:00:00+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT PARTITION BY LIST (kind);
CREATE TABLE events_rest_a PARTITION OF events_rest FOR VALUES IN ('a', NULL);
CREATE INDEX events_kind ON events (kind);
CREATE TABLE child (extra text) INHERITS (people);
CREATE VIEW adults AS SELECT id, double(how) AS d, name FROM people WHERE born < '2002-01-01 00:00:00+00' WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW totals AS SELECT kind, count(*) AS n FROM events GROUP BY kind WITH NO DATA;
CREATE FUNCTION of_view(adults) RETURNS integer LANGUAGE sql AS 'SELECT ($1).d';
CREATE VIEW on_function AS SELECT of_view(a) FROM adults a;
CREATE TRIGGER touch BEFORE UPDATE ON people FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION long_body();
ALTER TABLE people DISABLE TRIGGER touch;
CREATE RULE no_delete AS ON DELETE TO people WHERE OLD.id = 1 DO INSTEAD NOTHING;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people FOR SELECT TO PUBLIC USING (name = CURRENT_USER::citext);
CREATE STATISTICS people_stats (dependencies) ON id, path FROM people;
CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '1');
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = ===);
CREATE CAST (pair AS text) WITH INOUT;
CREATE PUBLICATION all_people FOR TABLE people;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER far FOREIGN DATA WRAPPER nothing OPTIONS (host 'far.example.org');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'u', password 'geheim-far');
CREATE SUBSCRIPTION feed CONNECTION 'host=far password=geheim-feed' PUBLICATION p WITH (connect = false);
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
ALTER TABLE people ADD CONSTRAINT late CHECK (id > 0) NOT VALID;
ALTER TABLE people REPLICA IDENTITY FULL;
GRANT SELECT, INSERT ON people TO {reader};
GRANT UPDATE (path) ON people TO {reader} WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION double(integer) TO {reader};
REVOKE ALL ON FUNCTION double(integer) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader};
ALTER DEFAULT PRIVILEGES IN SCHEMA "Odd ""name" GRANT USAGE ON SEQUENCES TO {reader};
"""


class ObjectsDumpTest(DumpTest):
    """Everything that a schema can hold."""

    def setUp(self):
        super().setUp()
        self.reader = 'reader_of_' + self.db
        self.rows(f'CREATE ROLE {self.reader}')
        self.project.step('everything', OBJECTS.replace('{reader}', self.reader), 'SELECT 1;\n', witness=False)

    def test_goes_round(self):
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        self.expect(0, 'dump')
        first = self.project.read_file('schema.sql')
        # What belongs to a machine is not in it.
        self.rows('DROP USER MAPPING FOR CURRENT_USER SERVER far')
        self.rows('ALTER SUBSCRIPTION feed SET (slot_name = NONE)')
        self.rows('DROP SUBSCRIPTION feed')
        other = self.goes_round()
        text = self.project.read_file('schema.sql')
        self.assertEqual(first, text)
        self.assertNotIn('geheim', text)
        self.assertNotIn('CREATE USER MAPPING', text)
        self.assertNotIn('CREATE SUBSCRIPTION', text)
        self.assertIn(f'GRANT SELECT,INSERT ON TABLE public.people TO {self.reader};', text)
        self.assertNotIn('OWNER TO', text)
        self.assertNotIn('sqlmig.', text)
        # The defaults came back, and the ledger did not get them.
        self.assertTrue(self.cluster.query(other, 'SELECT count(*) FROM pg_default_acl')[0][0] >= 2)
        self.assertEqual(self.rows("SELECT relacl FROM pg_class WHERE oid = 'sqlmig.run'::regclass"),
                         self.cluster.query(other, "SELECT relacl FROM pg_class WHERE oid = 'sqlmig.run'::regclass"))

    def test_owners_and_privileges_are_a_choice(self):
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        self.expect(0, 'dump', '--out', 'without.sql', '--no-privileges')
        self.expect(0, 'dump', '--out', 'owners.sql', '--owner')
        self.assertNotIn('GRANT', self.project.read_file('without.sql'))
        self.assertIn('ALTER TABLE public.people OWNER TO postgres;', self.project.read_file('owners.sql'))
        for file in ('without.sql', 'owners.sql'):
            self.expect(0, 'load', file, env=self.of(self.empty_database()))

    def test_other_machine_same_bytes(self):
        self.expect(0, 'apply')
        self.rows('CREATE MATERIALIZED VIEW filled AS SELECT 1 AS i')
        if self.cannot_dump():
            return
        self.expect(0, 'dump')
        first = self.project.read_file('schema.sql')
        before = os.stat(self.project.path('schema.sql')).st_mtime_ns
        self.assertIn('is up to date', self.expect(0, 'dump').out)
        self.assertEqual(before, os.stat(self.project.path('schema.sql')).st_mtime_ns)

        self.rows('CREATE ROLE "other Deploy" SUPERUSER LOGIN')
        self.addCleanup(self.rows, 'DROP ROLE "other Deploy"')
        for setting in ("timezone = 'Asia/Tokyo'", 'quote_all_identifiers = on', 'standard_conforming_strings = off',
                        'bytea_output = escape', "datestyle = 'German, DMY'", 'intervalstyle = sql_standard',
                        'search_path = public, pg_catalog', 'extra_float_digits = 0', 'default_transaction_isolation = serializable'):
            self.rows(f'ALTER ROLE "other Deploy" SET {setting}')
        env = self.of(self.db, user='other%20Deploy', LANG='tr_TR.UTF-8', LC_ALL='C', TZ='America/New_York', USER='somebody',
                      PGTZ='Europe/Berlin', PGDATESTYLE='SQL', PGOPTIONS='-c quote_all_identifiers=on')
        self.expect(0, 'dump', '--out', 'elsewhere.sql', env=env)
        self.assertEqual(first, self.project.read_file('elsewhere.sql'))


class BeyondPgDumpTest(DumpTest):
    """What pg_dump leaves out of a schema."""

    def setUp(self):
        super().setUp()
        self.reader = 'reader_of_' + self.db
        self.rows(f'CREATE ROLE {self.reader}')

    def test_materialized_views_hold_rows_again(self):
        self.project.step('views', """CREATE VIEW between AS SELECT 1 AS x;
            CREATE MATERIALIZED VIEW z AS SELECT x FROM between;
            CREATE VIEW "of ""z" AS SELECT * FROM z;
            CREATE MATERIALIZED VIEW a AS SELECT * FROM "of ""z";
            CREATE MATERIALIZED VIEW empty AS SELECT 2 AS y WITH NO DATA;
            CREATE MATERIALIZED VIEW later AS SELECT * FROM empty WITH NO DATA;
            REFRESH MATERIALIZED VIEW empty;
            REFRESH MATERIALIZED VIEW later;
            REFRESH MATERIALIZED VIEW empty WITH NO DATA;
            """, 'SELECT 1;', witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        other = self.goes_round()
        self.assertEqual([('a', True), ('empty', False), ('later', False), ('z', True)],
                         self.cluster.query(other, "SELECT relname::text, relispopulated FROM pg_class WHERE relkind = 'm' ORDER BY 1"))
        self.assertEqual([(1,)], self.cluster.query(other, 'SELECT x FROM a'))

    SETTINGS_OF = """SELECT s.setrole::regrole::text, x FROM pg_db_role_setting s, unnest(s.setconfig) x WHERE s.setdatabase =
        (SELECT oid FROM pg_database WHERE datname = current_database()) AND strpos(x, 'app.') = 0 ORDER BY 1, 2"""

    def test_settings_of_the_database_are_kept(self):
        for setting in (r'DATABASE {db} SET search_path TO "$user", public, "We ""ird, %"', "DATABASE {db} SET work_mem TO '5MB'",
                        "DATABASE {db} SET temp_tablespaces TO ''", "DATABASE {db} SET app.secret TO 'geheim-setting'",
                        r"""DATABASE {db} SET application_name TO '100% \ it''s "so" $settings$'""",
                        f"ROLE {self.reader} IN DATABASE {{db}} SET statement_timeout TO '7s'"):
            sql = 'ALTER ' + setting.replace('{db}', self.db)
            self.rows(sql.replace('%', '%%'))
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        had = self.rows(self.SETTINGS_OF)
        self.assertEqual(5, len(had))
        self.assertIn('app.secret; set them again', self.expect(0, 'dump').err)
        self.assertNotIn('geheim-setting', self.project.read_file('schema.sql'))
        self.assertNotIn(self.db, self.project.read_file('schema.sql').replace(self.reader, ''))
        other = self.goes_round()
        self.assertEqual(had, self.cluster.query(other, self.SETTINGS_OF))
        for option, count in (('--no-privileges', 4), ('--no-settings', 0)):
            self.expect(0, 'dump', '--out', 'less.sql', option)
            less = self.empty_database()
            self.expect(0, 'load', 'less.sql', env=self.of(less))
            self.assertEqual(count, len(self.cluster.query(less, self.SETTINGS_OF)))


class ApplyDumpTest(DumpTest):
    def test_order_of_application_does_not_show(self):
        self.project.step('a', witness=False).step('b', after=['a'], witness=False).step('c', after=['a'], witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        self.expect(0, 'dump')
        other = self.empty_database()
        self.expect(0, 'apply', 'c', env=self.of(other))
        self.expect(0, 'apply', env=self.of(other))
        self.assertIn('is up to date', self.expect(0, 'dump', env=self.of(other)).out)

    def test_apply_and_rollback_refresh_the_file(self):
        self.project.step('a', witness=False)
        self.project.write()
        if self.cannot_dump():
            return
        result = self.expect(0, 'apply', '--dump', '--format', 'json').json
        self.assertEqual({'file': 'schema.sql', 'written': True}, result['databases'][0]['schema_file'])
        self.project.step('b', witness=False)
        self.assertIn('it lacks b', self.expect(1, 'check', '--strict').out)
        self.assertIn('wrote schema.sql (2 migrations)', self.expect(0, 'apply', '--dump').out)
        self.expect(0, 'check', '--strict')
        self.assertIn('schema.sql is up to date', self.expect(0, 'redo', '--dump').out)
        self.assertIn('wrote schema.sql (1 migration)', self.expect(0, 'rollback', '--dump').out)

    def test_a_failed_dump_leaves_what_was_applied(self):
        self.project.step('a', witness=False)
        env = self.program('echo broken >&2; exit 3\n')
        result = self.expect_error(6 if not self.too_new() else 3, 'sql' if not self.too_new() else 'server_version',
                                   'apply', '--dump', env=env)
        self.assertIn('only its schema file was not written', result.err)
        self.assertEqual(['a'], self.applied())
        self.assertFalse(os.path.exists(self.project.path('schema.sql')))

    def too_new(self):
        return harness.pg_dump()[0] < self.cluster.version // 10000


class OneMomentDumpTest(DumpTest):
    def test_ledger_and_schema_are_of_one_moment(self):
        self.project.step('a', witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        env = self.program('touch waiting\nwhile [ ! -e go ]; do sleep 0.02; done\nexec "$PG_DUMP" "$@"\n')
        dumping = self.start('dump', env=env)
        harness.eventually(lambda: os.path.exists(self.project.path('waiting')), 'pg_dump is called')
        self.project.step('b', witness=False)
        self.expect(0, 'apply')
        self.project.write_file('go', '')
        result = dumping.wait()
        self.assertEqual(0, result.code, result)
        text = self.project.read_file('schema.sql')
        self.assertIn('-- migration a\n', text)
        self.assertNotIn('-- migration b\n', text)
        self.assertNotIn('public.b ', text)

    def test_half_done_steps_are_not_dumped(self):
        self.project.step('a', 'CREATE TABLE a ();\nSELECT 1/0;\n', witness=False, transaction=False)
        self.expect(6, 'apply')
        if self.cannot_dump():
            return
        self.expect_error(7, 'interrupted', 'dump')
        self.assertFalse(os.path.exists(self.project.path('schema.sql')))

    def test_a_locked_table_is_not_waited_for(self):
        self.project.head['defaults'] = {'lock_timeout': '300ms'}
        self.project.step('a', witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        connection = self.cluster.connect(self.db)
        self.addCleanup(connection.close)
        connection.autocommit = False
        connection.cursor().execute('LOCK TABLE a IN ACCESS EXCLUSIVE MODE')
        self.expect_error(5, 'lock_timeout', 'dump')

    def test_a_signal_ends_pg_dump_too(self):
        self.project.step('a', witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        self.project.write_file('schema.sql', '')
        dumping = self.start('dump', env=self.program('echo $$ >pid.new; mv pid.new pid\nexec sleep 60\n'))
        harness.eventually(lambda: os.path.exists(self.project.path('pid')), 'pg_dump is called')
        dumping.signal(signal.SIGINT)
        self.assertEqual(130, dumping.wait().code)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(self.project.read_file('pid')), 0)
        self.assertEqual('', self.project.read_file('schema.sql'))

    def test_the_password_is_not_on_the_command_line(self):
        self.project.step('a', witness=False)
        self.expect(0, 'apply')
        if self.cannot_dump():
            return
        env = self.program('echo "$@" >arguments\nexec "$PG_DUMP" "$@"\n')
        env['DATABASE_URL'] = self.cluster.url(self.db, tcp=True, keepalives_idle=7)
        self.expect(0, 'dump', env=env)
        arguments = self.project.read_file('arguments')
        self.assertNotIn(self.cluster.password, arguments)
        self.assertIn("keepalives_idle='7'", arguments)
        self.expect_error(6, 'sql', 'dump', env={**env, **self.program('echo "$PGPASSWORD" >&2\nexit 1\n')})


class LoadTest(DumpTest):
    """Into an empty database, wholly or not at all. The file is of any server's version."""

    FILE = ("-- sqlmig schema 1: faults/default\n\nSET client_encoding = 'UTF8';\n"
            "SELECT pg_catalog.set_config('search_path', '', false);\n\nCREATE TABLE public.a (\n    i integer NOT NULL\n);\n\n"
            '{sql}\n-- sqlmig applied 1\n--\n-- migration a\n-- up {up} {up} 1\n-- down none\n')

    def setUp(self):
        super().setUp()
        self.project.step('a', witness=False, down=False)
        self.project.steps[0]['down'] = 'none'
        self.write_schema()

    def write_schema(self, sql=''):
        up = hashlib.sha256(b'CREATE TABLE public.a (i integer PRIMARY KEY);\n').hexdigest()
        self.project.write_file('schema.sql', self.FILE.format(sql=sql, up=up))

    def made(self):
        return self.rows("SELECT oid::regclass FROM pg_class WHERE oid >= 16384 AND relkind = 'r' UNION ALL SELECT NULL FROM "
                         "pg_namespace WHERE nspname = 'sqlmig'")

    def test_counts_as_applied(self):
        self.expect(0, 'load')
        self.assertEqual(['a'], self.applied())
        self.assertIn('nothing to do', self.expect(0, 'apply').out)
        self.assertEqual([('load', 'done', True)], self.rows('SELECT command, outcome, ended_at IS NOT NULL FROM sqlmig.run'))
        self.assertEqual([('stamped', 'a')], self.rows('SELECT kind, migration FROM sqlmig.event'))
        self.expect_error(7, 'ledger', 'load')

    def test_only_into_an_empty_database(self):
        for make, remove, name in (('CREATE TABLE t ()', 'DROP TABLE t', 'table t'),
                                   ('CREATE VIEW v AS SELECT 1', 'DROP VIEW v', 'view v'),
                                   ('CREATE SEQUENCE s', 'DROP SEQUENCE s', 'sequence s'),
                                   ('CREATE SCHEMA x', 'DROP SCHEMA x', 'schema x'),
                                   ("CREATE TYPE e AS ENUM ('a')", 'DROP TYPE e', 'type e'),
                                   ('CREATE DOMAIN d AS text', 'DROP DOMAIN d', 'type d'),
                                   ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'DROP FUNCTION f()', 'function f()'),
                                   ('CREATE PUBLICATION p', 'DROP PUBLICATION p', 'publication p')):
            with self.subTest(make):
                self.rows(make)
                result = self.expect_error(7, 'ledger', 'load')
                self.assertRegex(result.err, 'the database is not empty: it has .*' + re.escape(name.split()[-1]))
                self.rows(remove)
        # What a superuser has to do beforehand is not in the way, and neither is what says nothing.
        self.rows('CREATE EXTENSION IF NOT EXISTS plpgsql; CREATE SCHEMA sqlmig; CREATE TEMP TABLE gone ()')
        self.expect(0, 'load')

    def test_a_failure_leaves_nothing(self):
        for sql, code, word in (('SELECT 1/0;\n', 6, 'sql'), ('GRANT SELECT ON public.a TO nobody_here;\n', 6, 'sql'),
                                ('\\connect other\n', 3, 'script'), ('COMMIT;\nCREATE TABLE public.b ();\n', 3, 'script'),
                                ("SELECT 'open;\n", 3, 'script'), ('CREATE TABEL x ();\n', 6, 'sql')):
            with self.subTest(sql):
                self.write_schema(sql)
                result = self.expect_error(code, word, 'load')
                self.assertIn('schema.sql:10', result.err)
                self.assertEqual([], self.made())
        self.write_schema('GRANT SELECT ON public.a TO nobody_here;\n')
        self.assertIn('--no-privileges', self.expect(6, 'load').err)

    def test_a_killed_load_leaves_nothing(self):
        self.write_schema(self.GATE_SQL)
        with self.gate():
            loading = self.start('load')
            self.at_gate()
            loading.kill()
            if self.cluster.version >= 140000:  # older servers do not look whether anybody is there, and go on
                harness.eventually(lambda: not self.backends(), 'the server has noticed')
        harness.eventually(lambda: not self.backends(), 'the server is done')
        if self.cluster.version >= 140000:
            self.assertEqual([], self.made())
        self.write_schema()
        self.expect(7 if self.made() else 0, 'load')
        self.assertEqual(['a'], self.applied())
        self.assertEqual([], self.rows('SELECT id FROM sqlmig.run WHERE ended_at IS NULL'))

    def test_two_at_once(self):
        self.write_schema(self.GATE_SQL)
        with self.gate():
            first = self.start('load')
            self.at_gate()
            self.expect_error(5, 'run_lock', 'load', '--lock-wait', '200ms')
            second = self.start('load')
        codes = [first.wait().code, second.wait().code]
        self.assertEqual([0, 7], codes)
        self.assertEqual(['a'], self.applied())

    def test_settings_that_the_role_may_not_make(self):
        self.rows('CREATE ROLE load_login LOGIN')
        self.addCleanup(self.rows, 'DROP OWNED BY load_login CASCADE; DROP ROLE load_login')
        self.rows(f'GRANT CREATE ON DATABASE {self.db} TO load_login')
        self.rows('GRANT CREATE ON SCHEMA public TO load_login')
        for parameter in ('work_mem', 'log_min_duration_statement'):
            with self.subTest(parameter):
                self.write_schema("DO $$BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET {} TO ''1000''', "
                                  "pg_catalog.current_database()); END$$;\n".replace('{}', parameter))
                result = self.expect_error(6, 'sql', 'load', env=self.of(self.db, user='load_login'))
                self.assertIn("write the file with 'sqlmig dump --no-settings'", result.err)
                self.assertEqual([], self.made())

    def test_the_role_of_the_migrations_owns_what_is_loaded(self):
        self.rows('CREATE ROLE load_owner')
        self.addCleanup(self.rows, 'DROP OWNED BY load_owner CASCADE; DROP ROLE load_owner')
        self.rows('GRANT CREATE ON SCHEMA public TO load_owner')
        self.project.head['defaults'] = {'settings': {'role': 'load_owner'}}
        self.expect(0, 'load')
        self.assertEqual([('load_owner',)], self.rows("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'a'::regclass"))
        self.assertEqual([('postgres',)],
                         self.rows("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'sqlmig.run'::regclass"))


if __name__ == '__main__':
    harness.main()
