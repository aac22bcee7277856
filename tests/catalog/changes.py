"""Random changes of a schema: every kind of object, every property that has a command.

What a change needs is looked up in the database; what PostgreSQL refuses is no change."""

ROLES = ['app', 'owner', '"Odd role"']
PRIVILEGES = {'r': 'SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER', 'S': 'USAGE SELECT UPDATE'}
TYPES = ['int', 'bigint', 'text', 'numeric(8,2)', 'varchar(20)', 'timestamptz', 'boolean', 'jsonb', 'text[]', 'uuid', 'tstzrange']
DEFAULTS = {'int': '7', 'bigint': '(1 + 2)', 'text': "'x'", 'numeric(8,2)': '1.5', 'varchar(20)': "lower('AB')", 'boolean': 'true',
            'timestamptz': "'2020-01-01 00:00+03'", 'jsonb': "'{}'", 'text[]': "ARRAY['a', 'b']", 'uuid': 'gen_random_uuid()',
            'tstzrange': "'empty'"}

ROLES_SQL = """
CREATE ROLE app; CREATE ROLE owner; CREATE ROLE "Odd role"; GRANT CREATE ON DATABASE postgres TO owner;
"""

START = """
CREATE SCHEMA one; CREATE SCHEMA "Two";
CREATE FUNCTION one.trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION one.event_function() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION one.immutable_function(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FOREIGN DATA WRAPPER wrapper; CREATE SERVER server FOREIGN DATA WRAPPER wrapper;
CREATE TABLE one.first (id bigserial PRIMARY KEY, name text NOT NULL, n int CHECK (n > 0));
CREATE TABLE "Two".second (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first bigint REFERENCES one.first, "Some Text" text);
CREATE TABLE one.parted (k int NOT NULL, v text) PARTITION BY RANGE (k);
CREATE VIEW one.view AS SELECT id, name FROM one.first;
CREATE TYPE one.kind AS ENUM ('a', 'b', 'c');
CREATE DOMAIN one.positive AS int CHECK (VALUE > 0);
CREATE TYPE one.pair AS (a int, b text);
CREATE SEQUENCE one.counter;
CREATE MATERIALIZED VIEW one.material AS SELECT id FROM one.first;
CREATE PUBLICATION news FOR TABLE one.first;
"""


class Changes:
    """Makes statements; `look(sql)` gives rows, each a tuple."""

    def __init__(self, rng, look):
        self.rng = rng
        self.look = look
        self.number = 0
        self.makers = [getattr(self, name) for name in sorted(dir(self)) if name.startswith('change_')]

    def next(self):
        """(what kind of change, the statement), or None when the schema has nothing to change in that way."""
        maker = self.rng.choice(self.makers)
        try:
            return maker.__name__[len('change_'):], maker()
        except IndexError:
            return None

    def one(self, items):
        items = list(items)
        return items[self.rng.randrange(len(items))] if items else [][0]

    def new(self, prefix):
        self.number += 1
        return self.one([f'{prefix}{self.number}', f'{prefix}{self.number}', f'"{prefix.title()} {self.number}"'])

    def schema(self):
        return self.one(['one', '"Two"', 'public'])

    def relation(self, kinds='r'):
        rows = self.look("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                         f"n.nspname IN ('one', 'Two', 'public') AND c.relkind = ANY ('{{{','.join(kinds)}}}') ORDER BY 1")
        return self.one(rows)[0]

    def column(self, table, condition='true'):
        return self.one(self.look("SELECT quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
                                  f"'{table}'::regclass AND attnum > 0 AND NOT attisdropped AND {condition} ORDER BY attname"))

    def constraint(self, table, condition='true'):
        return self.one(self.look("SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = "
                                  f"'{table}'::regclass AND {condition} ORDER BY conname"))[0]

    def index(self):
        return self.one(self.look("SELECT indexrelid::regclass::text, indrelid::regclass::text, quote_ident(c.relname) FROM pg_index JOIN "
                                  "pg_class c ON c.oid = indexrelid WHERE indexrelid >= 16384 AND NOT indrelid::regclass::text LIKE "
                                  "'pg_toast%' ORDER BY 1"))

    def function(self, kind='f'):
        return self.one(self.look("SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE "
                                  f"n.nspname IN ('one', 'Two', 'public') AND p.prokind = '{kind}' ORDER BY 1"))[0]

    def type(self, kind):
        return self.one(self.look(f"SELECT t.oid::regtype::text FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE t.oid >= "
                                  f"16384 AND t.typtype = '{kind}' AND (t.typtype <> 'c' OR c.relkind = 'c') ORDER BY 1"))[0]

    def trigger(self):
        return self.one(self.look('SELECT quote_ident(tgname), tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 2, 1'))

    # --- tables and columns

    def change_create_table(self):
        columns = ', '.join(f'{self.new("c")} {self.one(TYPES)}' for _ in range(self.rng.randint(1, 4)))
        return f'CREATE {self.one(["", "", "UNLOGGED "])}TABLE {self.schema()}.{self.new("t")} ({columns})'

    def change_create_child(self):
        return f'CREATE TABLE {self.schema()}.{self.new("child")} ({self.new("c")} int) INHERITS ({self.relation("r")})'

    def change_create_partition(self):
        start = self.rng.randint(0, 50) * 10
        bound = self.one([f'FOR VALUES FROM ({start}) TO ({start + 10})', 'DEFAULT'])
        return f'CREATE TABLE {self.schema()}.{self.new("part")} PARTITION OF {self.relation("p")} {bound}'

    def change_detach_partition(self):
        rows = self.look('SELECT inhparent::regclass, inhrelid::regclass FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE '
                         "c.relispartition AND c.relkind = 'r' ORDER BY 2::text")
        parent, child = self.one(rows)
        return f'ALTER TABLE {parent} DETACH PARTITION {child}'

    def change_create_partitioned(self):
        return (f'CREATE TABLE {self.schema()}.{self.new("p")} (k int, v text) PARTITION BY '
                f'{self.one(["RANGE (k)", "LIST (v)", "HASH (k, v)", "RANGE (one.immutable_function(k))"])}')

    def change_drop_table(self):
        return f'DROP TABLE {self.relation("r")} {self.one(["", "CASCADE"])}'

    def change_rename_table(self):
        return f'ALTER TABLE {self.relation("r")} RENAME TO {self.new("renamed")}'

    def change_table_schema(self):
        return f'ALTER TABLE {self.relation("r")} SET SCHEMA {self.schema()}'

    def change_table_option(self):
        option = self.one(['SET (fillfactor = 70)', 'SET (autovacuum_enabled = off)', 'RESET (fillfactor)',
                           'SET (toast.autovacuum_enabled = off)', 'SET (parallel_workers = 3)'])
        return f'ALTER TABLE {self.relation("r")} {option}'

    def change_table_persistence(self):
        return f'ALTER TABLE {self.relation("r")} SET {self.one(["LOGGED", "UNLOGGED"])}'

    def change_replica_identity(self):
        return f'ALTER TABLE {self.relation("rp")} REPLICA IDENTITY {self.one(["FULL", "NOTHING", "DEFAULT"])}'

    def change_replica_identity_index(self):
        _, table, name = self.index()
        return f'ALTER TABLE {table} REPLICA IDENTITY USING INDEX {name}'

    def change_row_security(self):
        return f'ALTER TABLE {self.relation("rp")} {self.one(["ENABLE", "DISABLE", "FORCE", "NO FORCE"])} ROW LEVEL SECURITY'

    def change_inherit(self):
        return f'ALTER TABLE {self.relation("r")} {self.one(["INHERIT", "NO INHERIT"])} {self.relation("r")}'

    def change_add_column(self):
        kind = self.one(TYPES)
        extra = self.one(['', '', f' DEFAULT {DEFAULTS[kind]}', ' NOT NULL'])
        if kind in ('int', 'bigint'):
            extra = self.one([extra, ' GENERATED ALWAYS AS (one.immutable_function(3)) STORED', ' GENERATED BY DEFAULT AS IDENTITY'])
        return f'ALTER TABLE {self.relation("rp")} ADD {self.new("c")} {kind}{extra}'

    def change_drop_column(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} DROP {self.column(table)[0]} {self.one(["", "CASCADE"])}'

    def change_rename_column(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} RENAME {self.column(table)[0]} TO {self.new("c")}'

    def change_column_type(self):
        table = self.relation('rp')
        column, _ = self.column(table)
        kind = self.one(TYPES)
        return f'ALTER TABLE {table} ALTER {column} TYPE {kind} USING NULL::{kind}'

    def change_column_collation(self):
        table = self.relation('rp')
        column, kind = self.column(table, "atttypid = 'text'::regtype")
        return f'ALTER TABLE {table} ALTER {column} TYPE {kind} COLLATE {self.one(["pg_catalog." + chr(34) + "C" + chr(34), "pg_catalog." + chr(34) + "POSIX" + chr(34)])}'

    def change_column_default(self):
        table = self.relation('rpv')
        column, _ = self.column(table)
        return f'ALTER TABLE {table} ALTER {column} {self.one(["SET DEFAULT NULL::text::" + chr(34) + "text" + chr(34), "SET DEFAULT 5", "DROP DEFAULT"])}'

    def change_not_null(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} {self.one(["SET", "DROP"])} NOT NULL'

    def change_identity(self):
        table = self.relation('r')
        what = self.one(['ADD GENERATED ALWAYS AS IDENTITY', 'DROP IDENTITY', 'SET GENERATED BY DEFAULT', 'SET INCREMENT 3', 'SET START 9'])
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} {what}'

    def change_column_storage(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} SET STORAGE {self.one(["EXTERNAL", "MAIN", "PLAIN", "EXTENDED"])}'

    def change_column_compression(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} SET COMPRESSION {self.one(["pglz", "default"])}'

    def change_statistics_target(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} SET STATISTICS {self.one([-1, 10, 500])}'

    def change_column_option(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} ALTER {self.column(table)[0]} {self.one(["SET (n_distinct = 5)", "SET (n_distinct_inherited = -1)", "RESET (n_distinct)"])}'

    # --- constraints and indexes

    def change_add_constraint(self):
        table = self.relation('rp')
        column, _ = self.column(table)
        other = self.relation('rp')
        what = self.one([f'CHECK ({column} IS NOT NULL)', f'CHECK ({column} IS NOT NULL) NOT VALID', f'CHECK ({column} IS NULL) NO INHERIT',
                         f'UNIQUE ({column})', f'UNIQUE ({column}) DEFERRABLE', f'PRIMARY KEY ({column})',
                         f'UNIQUE ({column}) INCLUDE ({self.column(table)[0]})', f'UNIQUE ({column}) WITH (fillfactor = 60)',
                         f'FOREIGN KEY ({column}) REFERENCES {other} ON DELETE SET NULL',
                         f'FOREIGN KEY ({column}) REFERENCES {other} DEFERRABLE INITIALLY DEFERRED',
                         f'FOREIGN KEY ({column}) REFERENCES {other} NOT VALID',
                         f'EXCLUDE USING gist ({column} WITH OPERATOR(pg_catalog.&&))'])
        return f'ALTER TABLE {table} ADD CONSTRAINT {self.new("k")} {what}'

    def change_drop_constraint(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} DROP CONSTRAINT {self.constraint(table)} {self.one(["", "CASCADE"])}'

    def change_rename_constraint(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} RENAME CONSTRAINT {self.constraint(table)} TO {self.new("k")}'

    def change_validate(self):
        table = self.relation('rp')
        return f'ALTER TABLE {table} VALIDATE CONSTRAINT {self.constraint(table, "NOT convalidated")}'

    def change_deferrable(self):
        table = self.relation('r')
        key = self.constraint(table, "contype = 'f'")
        return f'ALTER TABLE {table} ALTER CONSTRAINT {key} {self.one(["DEFERRABLE", "NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"])}'

    def change_create_index(self):
        table = self.relation('rpm')
        column, _ = self.column(table)
        how = self.one([f'({column})', f'({column} DESC NULLS LAST)', f'({column}) WHERE {column} IS NOT NULL', f'(({column} IS NULL))',
                        f'({column}) WITH (fillfactor = 50)', f'({column}) INCLUDE ({self.column(table)[0]})',
                        f'({column} COLLATE pg_catalog."C")', f'({column} pg_catalog.text_pattern_ops)'])
        kind = self.one(['btree', 'btree', 'hash', 'gin', 'gist', 'brin'])
        return f'CREATE {self.one(["", "", "UNIQUE "])}INDEX {self.new("i")} ON {self.one(["", "ONLY "])}{table} USING {kind} {how}'

    def change_drop_index(self):
        return f'DROP INDEX {self.index()[0]} {self.one(["", "CASCADE"])}'

    def change_alter_index(self):
        what = self.one(['SET (fillfactor = 80)', 'RESET (fillfactor)', 'SET (deduplicate_items = off)', f'RENAME TO {self.new("i")}',
                         'ALTER COLUMN 1 SET STATISTICS 99'])
        return f'ALTER INDEX {self.index()[0]} {what}'

    def change_cluster(self):
        _, table, name = self.index()
        return f'ALTER TABLE {table} {self.one([f"CLUSTER ON {name}", "SET WITHOUT CLUSTER"])}'

    def change_statistics_object(self):
        table = self.relation('r')
        return (f'CREATE STATISTICS {self.schema()}.{self.new("st")} {self.one(["", "(ndistinct)", "(mcv, dependencies)"])} ON '
                f'{self.column(table)[0]}, {self.column(table)[0]} FROM {table}')

    def change_alter_statistics(self):
        rows = self.look('SELECT stxnamespace::regnamespace || \'.\' || quote_ident(stxname) FROM pg_statistic_ext ORDER BY 1')
        return f'{self.one(["ALTER", "ALTER", "DROP"])} STATISTICS {self.one(rows)[0]} SET STATISTICS 44'

    # --- sequences, views

    def change_create_sequence(self):
        return (f'CREATE SEQUENCE {self.schema()}.{self.new("s")} {self.one(["", "AS int", "INCREMENT -2", "MINVALUE 5", "MAXVALUE 99"])} '
                f'{self.one(["", "CYCLE", "CACHE 7"])}')

    def change_alter_sequence(self):
        table = self.relation('r')
        what = self.one(['INCREMENT 4', 'CYCLE', 'NO CYCLE', 'CACHE 3', 'START 2', 'MAXVALUE 1000', 'AS bigint', 'NO MAXVALUE',
                         f'OWNED BY {table}.{self.column(table)[0]}', 'OWNED BY NONE'])
        return f'ALTER SEQUENCE {self.relation("S")} {what}'

    def change_create_view(self):
        table = self.relation('rpv')
        column, _ = self.column(table)
        name, options = f'{self.schema()}.{self.new("v")}', self.one(['', '', ' WITH (security_barrier)'])
        return self.one([f'CREATE VIEW {name}{options} AS SELECT {column} FROM {table}',
                         f'CREATE VIEW {name}{options} AS SELECT * FROM {table} WHERE {column} IS NOT NULL WITH LOCAL CHECK OPTION',
                         f'CREATE VIEW {name} AS SELECT count(*) AS n, max({column}::text) FROM {table} GROUP BY {column}',
                         f'CREATE MATERIALIZED VIEW {name} AS SELECT {column} FROM {table} {self.one(["", "WITH NO DATA"])}'])

    def change_alter_view(self):
        view = self.relation('v')
        return f'ALTER VIEW {view} {self.one(["SET (security_barrier)", "RESET (security_barrier)", "SET (check_option = cascaded)", "RENAME TO " + self.new("v")])}'

    def change_drop_view(self):
        return self.one([f'DROP VIEW {self.relation("v")}', f'DROP VIEW {self.relation("v")} CASCADE',
                         f'DROP MATERIALIZED VIEW {self.relation("m")}'])

    # --- code

    def change_create_function(self):
        body = self.one(["'SELECT 1'", "'SELECT 2'", "$$SELECT 'it''s'::text::int$$"])
        extra = self.one(['', 'STABLE', 'IMMUTABLE STRICT', 'SECURITY DEFINER', "SET search_path = ''", 'COST 5', 'PARALLEL SAFE', 'LEAKPROOF'])
        arguments = self.one(['', 'a int', "a int DEFAULT 3, b text DEFAULT 'x'", 'VARIADIC a int[]', 'one.kind', 'OUT x int'])
        name = self.one([self.new('f'), 'f', 'g'])
        return f'CREATE OR REPLACE FUNCTION {self.schema()}.{name}({arguments}) RETURNS int LANGUAGE sql {extra} AS {body}'

    def change_create_procedure(self):
        return f"CREATE PROCEDURE {self.schema()}.{self.new('p')}(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := {self.rng.randint(1, 9)}; END'"

    def change_create_aggregate(self):
        return (f'CREATE AGGREGATE {self.schema()}.{self.new("agg")}(int) (sfunc = int4pl, stype = int'
                f'{self.one(["", ", initcond = 0", ", parallel = safe", ", combinefunc = int4pl", ", sspace = 8"])})')

    def change_alter_function(self):
        what = self.one(['STABLE', 'VOLATILE', 'COST 77', 'SECURITY DEFINER', 'SECURITY INVOKER', "SET work_mem = '2MB'", 'RESET ALL',
                         'PARALLEL RESTRICTED', f'RENAME TO {self.new("f")}', f'SET SCHEMA {self.schema()}', 'DEPENDS ON EXTENSION plpgsql'])
        return f'ALTER FUNCTION {self.function()} {what}'

    def change_drop_function(self):
        return self.one([f'DROP FUNCTION {self.function()}', f'DROP FUNCTION {self.function()} CASCADE'])

    def change_create_trigger(self):
        table = self.relation('rp')
        when = self.one(['BEFORE INSERT', 'AFTER UPDATE', f'BEFORE UPDATE OF {self.column(table)[0]}', 'AFTER INSERT OR DELETE'])
        each = self.one(['FOR EACH ROW', 'FOR EACH STATEMENT', 'FOR EACH ROW WHEN (pg_trigger_depth() = 0)'])
        return f'CREATE TRIGGER {self.new("tr")} {when} ON {table} {each} EXECUTE FUNCTION one.trigger_function({self.one(["", "7", chr(39) + "a" + chr(39)])})'

    def change_constraint_trigger(self):
        return (f'CREATE CONSTRAINT TRIGGER {self.new("ct")} AFTER INSERT ON {self.relation("r")} {self.one(["", "DEFERRABLE INITIALLY DEFERRED"])} '
                'FOR EACH ROW EXECUTE FUNCTION one.trigger_function()')

    def change_enable_trigger(self):
        name, table = self.trigger()
        return f'ALTER TABLE {table} {self.one(["ENABLE", "DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"])} TRIGGER {name}'

    def change_drop_trigger(self):
        name, table = self.trigger()
        return f'DROP TRIGGER {name} ON {table}'

    def change_rule(self):
        table = self.relation('rv')
        return f'CREATE RULE {self.new("r")} AS ON {self.one(["INSERT", "UPDATE", "DELETE"])} TO {table} DO {self.one(["ALSO", "INSTEAD"])} NOTHING'

    def change_alter_rule(self):
        name, table = self.one(self.look("SELECT quote_ident(rulename), ev_class::regclass FROM pg_rewrite WHERE rulename <> '_RETURN' AND "
                                         'oid >= 16384 ORDER BY 2::text, 1'))
        return self.one([f'ALTER TABLE {table} {self.one(["ENABLE", "DISABLE", "ENABLE ALWAYS"])} RULE {name}', f'DROP RULE {name} ON {table}'])

    def change_policy(self):
        table = self.relation('rp')
        kind = self.one(['', 'FOR SELECT ', 'FOR DELETE '])
        return (f'CREATE POLICY {self.new("pol")} ON {table} {self.one(["", "AS RESTRICTIVE "])}{kind}TO {self.one(["PUBLIC", "app", "owner, app"])} '
                f'USING ({self.column(table)[0]} IS NOT NULL)')

    def change_alter_policy(self):
        name, table = self.one(self.look('SELECT quote_ident(polname), polrelid::regclass FROM pg_policy ORDER BY 2::text, 1'))
        return self.one([f'ALTER POLICY {name} ON {table} TO app, "Odd role"', f'ALTER POLICY {name} ON {table} USING (true)',
                         f'DROP POLICY {name} ON {table}', f'ALTER POLICY {name} ON {table} RENAME TO {self.new("pol")}'])

    def change_event_trigger(self):
        return f'CREATE EVENT TRIGGER {self.new("e")} ON {self.one(["ddl_command_start", "sql_drop"])} {self.one(["", "WHEN TAG IN (" + chr(39) + "DROP AGGREGATE" + chr(39) + ") "])}EXECUTE FUNCTION one.event_function()'

    def change_alter_event_trigger(self):
        name, = self.one(self.look('SELECT quote_ident(evtname) FROM pg_event_trigger ORDER BY 1'))
        return self.one([f'ALTER EVENT TRIGGER {name} {self.one(["ENABLE", "DISABLE", "ENABLE ALWAYS"])}', f'DROP EVENT TRIGGER {name}'])

    # --- types

    def change_create_type(self):
        name = f'{self.schema()}.{self.new("ty")}'
        return self.one([f"CREATE TYPE {name} AS ENUM ('x', 'y')", f'CREATE TYPE {name} AS (a int, b text)',
                         f'CREATE TYPE {name} AS RANGE (subtype = float8)', f'CREATE DOMAIN {name} AS text DEFAULT \'d\'',
                         f'CREATE DOMAIN {name} AS int NOT NULL', f'CREATE TYPE {name}'])

    def change_enum(self):
        kind = self.type('e')
        labels = [row[0] for row in self.look(f"SELECT quote_literal(enumlabel) FROM pg_enum WHERE enumtypid = '{kind}'::regtype ORDER BY 1")]
        return self.one([f"ALTER TYPE {kind} ADD VALUE 'v{self.rng.randint(1, 999)}' {self.one(['', 'BEFORE', 'AFTER'])} {self.one(labels)}",
                         f"ALTER TYPE {kind} RENAME VALUE {self.one(labels)} TO 'w{self.rng.randint(1, 999)}'",
                         f"ALTER TYPE {kind} ADD VALUE 'v{self.rng.randint(1, 999)}'"])

    def change_composite(self):
        return f'ALTER TYPE {self.type("c")} {self.one(["ADD ATTRIBUTE " + self.new("a") + " int", "DROP ATTRIBUTE a", "ALTER ATTRIBUTE b TYPE varchar(9)", "RENAME ATTRIBUTE a TO z"])}'

    def change_domain(self):
        what = self.one(['SET NOT NULL', 'DROP NOT NULL', "SET DEFAULT '5'", 'DROP DEFAULT', f'ADD CONSTRAINT {self.new("dk")} CHECK (VALUE IS NOT NULL)',
                         f'ADD CONSTRAINT {self.new("dk")} CHECK (VALUE IS NULL) NOT VALID'])
        return f'ALTER DOMAIN {self.type("d")} {what}'

    def change_domain_constraint(self):
        name, domain = self.one(self.look('SELECT quote_ident(conname), contypid::regtype FROM pg_constraint WHERE contypid <> 0 ORDER BY 2::text, 1'))
        return f'ALTER DOMAIN {domain} {self.one(["DROP", "VALIDATE"])} CONSTRAINT {name}'

    def change_drop_type(self):
        return f'DROP TYPE {self.type(self.one("edcr"))} {self.one(["", "CASCADE"])}'

    def change_operator(self):
        return (f'CREATE OPERATOR {self.schema()}.{self.one(["@#", "<=#", "~~~", "!#!"])} (function = int4lt, leftarg = int, rightarg = int'
                f'{self.one(["", ", hashes", ", restrict = scalarltsel", ", commutator = OPERATOR(pg_catalog.>)"])})')

    def change_operator_class(self):
        return (f'CREATE OPERATOR CLASS {self.schema()}.{self.new("oc")} FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int)')

    def change_operator_family(self):
        name = f'{self.schema()}.{self.new("of")}'
        return self.one([f'CREATE OPERATOR FAMILY {name} USING btree',
                         'ALTER OPERATOR FAMILY ' + self.one(self.look("SELECT opfnamespace::regnamespace || '.' || quote_ident(opfname) FROM "
                         'pg_opfamily WHERE oid >= 16384 ORDER BY 1'))[0] + f' USING btree ADD OPERATOR {self.rng.randint(1, 5)} < (int, bigint)'])

    def change_cast(self):
        kind = self.type('e')
        return self.one([f'CREATE CAST (int AS {kind}) WITH INOUT {self.one(["", "AS ASSIGNMENT"])}', f'DROP CAST (int AS {kind})'])

    def change_collation(self):
        return f'CREATE COLLATION {self.schema()}.{self.new("col")} ({self.one(["locale = " + chr(39) + "C" + chr(39), "provider = icu, locale = " + chr(39) + "de" + chr(39), "provider = icu, locale = " + chr(39) + "en" + chr(39) + ", deterministic = false"])})'

    def change_conversion(self):
        return f"CREATE {self.one(['', 'DEFAULT '])}CONVERSION {self.schema()}.{self.new('cv')} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"

    def change_text_search(self):
        name = f'{self.schema()}.{self.new("ts")}'
        return self.one([f'CREATE TEXT SEARCH CONFIGURATION {name} (copy = {self.one(["english", "simple"])})',
                         f'CREATE TEXT SEARCH DICTIONARY {name} (template = simple, accept = {self.one(["true", "false"])})',
                         f'CREATE TEXT SEARCH TEMPLATE {name} (lexize = dsimple_lexize)',
                         f'CREATE TEXT SEARCH PARSER {name} (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)'])

    def change_text_search_mapping(self):
        rows = self.look("SELECT cfgnamespace::regnamespace || '.' || quote_ident(cfgname) FROM pg_ts_config WHERE oid >= 16384 ORDER BY 1")
        return f'ALTER TEXT SEARCH CONFIGURATION {self.one(rows)[0]} {self.one(["ALTER MAPPING FOR word WITH simple, english_stem", "DROP MAPPING IF EXISTS FOR email"])}'

    # --- foreign data, replication, extensions, schemas

    def change_foreign_table(self):
        return f'CREATE FOREIGN TABLE {self.schema()}.{self.new("ft")} (a int OPTIONS (x \'1\'), b text) SERVER server OPTIONS (t \'{self.rng.randint(1, 9)}\')'

    def change_server(self):
        return self.one([f"CREATE SERVER {self.new('srv')} VERSION '1' FOREIGN DATA WRAPPER wrapper OPTIONS (host 'h')",
                         f"ALTER SERVER server VERSION '{self.rng.randint(1, 99)}'", f"ALTER SERVER server OPTIONS (ADD o{self.rng.randint(1, 9)} 'x')",
                         f'CREATE FOREIGN DATA WRAPPER {self.new("w")}', 'ALTER FOREIGN TABLE ' + self.relation('f') + " OPTIONS (ADD z 'y')"])

    def change_user_mapping(self):
        return self.one([f"CREATE USER MAPPING FOR {self.one(ROLES + ['PUBLIC'])} SERVER server OPTIONS (user 'u')",
                         f'DROP USER MAPPING FOR {self.one(ROLES + ["PUBLIC"])} SERVER server'])

    def change_publication(self):
        return self.one([f'CREATE PUBLICATION {self.new("pub")} {self.one(["", "FOR ALL TABLES", "FOR TABLE " + self.relation("r")])}',
                         f'ALTER PUBLICATION news ADD TABLE {self.relation("r")}', f'ALTER PUBLICATION news DROP TABLE {self.relation("r")}',
                         f"ALTER PUBLICATION news SET (publish = '{self.one(['insert', 'insert, delete', ''])}')",
                         'ALTER PUBLICATION news SET (publish_via_partition_root)',
                         f'ALTER PUBLICATION news ADD TABLES IN SCHEMA {self.schema()}',
                         f'ALTER PUBLICATION news ADD TABLE {self.relation("r")} WHERE (id > 5)'])

    def change_extension(self):
        return self.one(['CREATE EXTENSION IF NOT EXISTS citext SCHEMA public', 'DROP EXTENSION citext', 'CREATE EXTENSION IF NOT EXISTS hstore SCHEMA one',
                         'DROP EXTENSION hstore CASCADE', f'ALTER EXTENSION citext SET SCHEMA {self.schema()}'])

    def change_schema(self):
        return self.one([f'CREATE SCHEMA {self.new("sch")}', f'ALTER SCHEMA public OWNER TO {self.one(ROLES)}', 'DROP SCHEMA "Two" CASCADE',
                         'CREATE SCHEMA "Two"'])

    # --- owners, privileges, comments

    def change_owner(self):
        role = self.one(ROLES)
        return self.one([f'ALTER TABLE {self.relation("rpvmf")} OWNER TO {role}', f'ALTER FUNCTION {self.function()} OWNER TO {role}',
                         f'ALTER TYPE {self.type(self.one("ecd"))} OWNER TO {role}', f'ALTER SCHEMA one OWNER TO {role}',
                         f'ALTER SEQUENCE {self.relation("S")} OWNER TO {role}', f'ALTER PUBLICATION news OWNER TO {role}'])

    def change_privilege(self):
        role = self.one(ROLES + ['PUBLIC'])
        kind = self.one('rS')
        what = self.one(PRIVILEGES[kind].split() + ['ALL'])
        table = self.relation('rpvm' if kind == 'r' else 'S')
        on = self.one([f'{what} ON {table}', f'{what} ON {table}', f'SELECT ({self.column(table)[0]}) ON {table}', f'EXECUTE ON FUNCTION {self.function()}',
                       f'USAGE ON SCHEMA {self.schema()}', f'USAGE ON TYPE {self.type(self.one("ed"))}', 'USAGE ON FOREIGN SERVER server',
                       'USAGE ON LANGUAGE plpgsql', 'EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision)', 'SELECT ON pg_catalog.pg_authid'])
        return self.one([f'GRANT {on} TO {role}', f'REVOKE {on} FROM {role}', f'GRANT {on} TO {role} WITH GRANT OPTION'])

    def change_default_privileges(self):
        where = self.one(['', f' IN SCHEMA {self.schema()}'])
        role = self.one(ROLES + ['PUBLIC'])
        what = self.one(['SELECT ON TABLES', 'USAGE ON SEQUENCES', 'EXECUTE ON FUNCTIONS', 'USAGE ON TYPES'])
        return f'ALTER DEFAULT PRIVILEGES FOR ROLE {self.one(["postgres", "owner"])}{where} {self.one([f"GRANT {what} TO {role}", f"REVOKE {what} FROM {role}"])}'

    def change_comment(self):
        table = self.relation('rp')
        rows = self.look("SELECT 'TRIGGER ' || quote_ident(tgname) || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
                         "SELECT 'POLICY ' || quote_ident(polname) || ' ON ' || polrelid::regclass FROM pg_policy UNION ALL SELECT 'CONSTRAINT ' || "
                         "quote_ident(conname) || ' ON ' || conrelid::regclass FROM pg_constraint WHERE conrelid >= 16384 UNION ALL SELECT 'RULE ' || "
                         "quote_ident(rulename) || ' ON ' || ev_class::regclass FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN' UNION ALL "
                         "SELECT 'OPERATOR CLASS ' || opcnamespace::regnamespace || '.' || quote_ident(opcname) || ' USING btree' FROM pg_opclass WHERE "
                         "oid >= 16384 UNION ALL SELECT 'EVENT TRIGGER ' || quote_ident(evtname) FROM pg_event_trigger ORDER BY 1")
        what = self.one([f'TABLE {table}', f'COLUMN {table}.{self.column(table)[0]}', f'INDEX {self.index()[0]}', f'FUNCTION {self.function()}',
                         f'TYPE {self.type(self.one("ec"))}', 'SCHEMA one', f'SEQUENCE {self.relation("S")}', f'VIEW {self.relation("v")}',
                         'PUBLICATION news', 'SERVER server', 'DOMAIN ' + self.type('d')] + [row[0] for row in rows])
        return f'COMMENT ON {what} IS {self.one(["NULL", chr(39) + "said " + str(self.rng.randint(1, 99)) + chr(39)])}'
