"""A ledger that somebody else made, owns or damaged is neither believed nor used: no code of his runs with our rights."""

import harness

# A ledger whose table of applied migrations is a view that makes its owner a superuser when a superuser reads it.
TRAP = """
    CREATE SCHEMA sqlmig;
    CREATE FUNCTION sqlmig.f() RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE 'ALTER ROLE evil SUPERUSER';
      RETURN 'a';
    EXCEPTION WHEN OTHERS THEN RETURN 'a';
    END $$;
    CREATE TABLE sqlmig.run (id text, scope text, ended_at timestamptz, started_at timestamptz);
    CREATE TABLE sqlmig.event (id bigint);
    CREATE TABLE sqlmig.ledger (version int);
    INSERT INTO sqlmig.ledger VALUES (1);
    CREATE VIEW sqlmig.migration AS SELECT sqlmig.f() AS id, 'faults/default'::text AS scope, 'applied'::text AS status,
      1::bigint AS ordinal, ''::text AS description, '{}'::text[] AS depends_on, ''::text AS run, now() AS applied_at,
      1::bigint AS duration_ms, ''::text AS up_hash, ''::text AS up_tokens, ''::text AS down_hash, ''::text AS down_tokens,
      1 AS hash_algorithm, true AS up_transaction, true AS down_transaction, 'none'::text AS down_kind,
      0 AS statements_done;
"""


class SquattedLedgerTest(harness.FaultTest):
    """A role `evil` that may create schemas came first."""

    def setUp(self):
        super().setUp()
        self.rows('CREATE ROLE evil LOGIN')
        self.addCleanup(self.forget_evil)
        self.rows(f'GRANT CREATE ON DATABASE {self.db} TO evil; GRANT ALL ON SCHEMA public TO evil; '
                  'GRANT ALL ON ALL TABLES IN SCHEMA public TO evil')

    def forget_evil(self):
        self.rows(f'ALTER DATABASE {self.db} OWNER TO postgres; ALTER ROLE evil NOSUPERUSER; DROP OWNED BY evil CASCADE; '
                  'DROP ROLE evil')

    def as_evil(self, sql):
        with self.cluster.connect(self.db, user='evil') as connection:
            connection.cursor().execute(sql)

    def evil_env(self):
        return {'DATABASE_URL': self.cluster.url(self.db, user='evil')}

    def is_superuser(self):
        return self.rows("SELECT rolsuper FROM pg_roles WHERE rolname = 'evil'")[0][0]

    def refused(self, *arguments):
        result = self.expect_error(7, 'ledger', *arguments)
        self.assertIn('belongs to the role evil', result.err)
        self.assertFalse(self.is_superuser(), arguments)

    def test_code_in_a_view_is_not_run(self):
        self.as_evil(TRAP)
        self.project.step('a')
        for arguments in (('apply',), ('status',), ('plan',), ('current',), ('rollback', '--yes'), ('stamp', 'a', '--yes'),
                          ('log',), ('history', '-i'), ('wait', '--timeout', '1s'), ('repair',)):
            with self.subTest(arguments):
                result = self.run_sqlmig(*arguments)
                self.assertEqual(7, result.code, result)
                self.assertFalse(self.is_superuser(), result)
        self.refused('apply')
        self.assertEqual({}, self.witnesses())

    def test_empty_schema_of_another_role(self):
        self.as_evil('CREATE SCHEMA sqlmig')
        self.project.step('a')
        self.refused('apply')
        self.assertEqual({}, self.witnesses())

    def test_plain_tables_of_another_role(self):
        self.project.step('a')
        self.expect(0, 'apply', env=self.evil_env())
        self.project.step('b')
        self.refused('apply')
        self.refused('rollback', '--yes')
        self.refused('status')

    def test_tables_of_another_role_in_our_schema(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows('GRANT ALL ON SCHEMA sqlmig TO evil; ALTER TABLE sqlmig.migration OWNER TO evil')
        self.project.step('b')
        self.refused('apply')

    # The application's owner migrates, a role of the same team does so too, the database's owner looks on.
    def test_owners_that_are_trusted(self):
        self.project.step('a')
        self.expect(0, 'apply', env=self.evil_env())
        self.rows('CREATE ROLE friend LOGIN IN ROLE evil')
        try:
            self.project.step('b')
            friend = {'DATABASE_URL': self.cluster.url(self.db, user='friend')}
            self.expect(0, 'status', env=friend)
            self.rows(f'ALTER DATABASE {self.db} OWNER TO evil')
            self.expect(0, 'apply')
            self.assert_applied('a', 'b')
        finally:
            self.rows('DROP ROLE friend')

    # `ledger: readers` have nothing to lose.
    def test_a_reader_without_rights_may_read(self):
        self.project.step('a')
        self.project.head['ledger'] = {'readers': ['onlooker']}
        self.rows('CREATE ROLE onlooker LOGIN')
        try:
            self.expect(0, 'apply', env=self.evil_env())
            env = {'DATABASE_URL': self.cluster.url(self.db, user='onlooker')}
            self.expect(0, 'status', env=env)
            self.expect(0, 'wait', '--timeout', '2s', env=env)
        finally:
            self.rows('DROP OWNED BY onlooker; DROP ROLE onlooker')

    # What a role is set to by ALTER ROLE ... SET role is what it works as: the ledger too.
    def test_role_that_is_another_by_default(self):
        self.rows("CREATE ROLE app_owner; CREATE ROLE deploy LOGIN IN ROLE app_owner; ALTER ROLE deploy SET role = 'app_owner'; "
                  f'GRANT CREATE ON DATABASE {self.db} TO app_owner; GRANT ALL ON SCHEMA public TO app_owner; '
                  'GRANT ALL ON ALL TABLES IN SCHEMA public TO app_owner')
        try:
            env = {'DATABASE_URL': self.cluster.url(self.db, user='deploy')}
            self.project.step('a')
            self.project.step('n', "INSERT INTO public.witness VALUES ('n');\n", down="DELETE FROM public.witness WHERE id = 'n';\n", witness=False,
                              transaction=False)
            self.expect(0, 'apply', env=env)
            self.expect(0, 'status', env=env)
            self.expect(0, 'rollback', 'base', '--yes', env=env)
            self.expect(0, 'apply', env=env)
            owner = "SELECT tableowner FROM pg_tables WHERE tablename = %s"
            self.assertEqual([('app_owner',)], self.rows(owner, 'a'))
            self.assertEqual([('app_owner',)], self.rows(owner, 'ledger'))
        finally:
            self.rows('DROP OWNED BY app_owner CASCADE; DROP ROLE deploy; DROP ROLE app_owner')


class DamagedLedgerTest(harness.FaultTest):
    DAMAGES = ('DROP TABLE sqlmig.run', 'DROP TABLE sqlmig.ledger', 'DROP TABLE sqlmig.event', 'DROP TABLE sqlmig.migration',
               'TRUNCATE sqlmig.ledger', 'INSERT INTO sqlmig.ledger (version) VALUES (99)')

    def damaged(self, sql):
        self.db = self.cluster.new_database()
        self.project.steps = []
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows(sql)

    def test_is_not_taken_for_an_empty_one(self):
        for sql in self.DAMAGES:
            with self.subTest(sql):
                self.damaged(sql)
                # A quick look at the applied ids does not need the journal's table.
                if 'event' not in sql:
                    self.expect_error(7, 'ledger', 'apply')
                    self.expect_error(7, 'ledger', 'wait', '--timeout', '1s')
                self.project.step('b')
                for command in (('apply',), ('rollback',)) + (() if 'event' in sql else (('status',), ('current',))):
                    result = self.run_sqlmig(*command)
                    self.assertEqual(7, result.code, f'{command} {result}')
                self.assertEqual({'a': 1}, self.witnesses())

    def test_reader_that_does_not_exist(self):
        self.project.step('a')
        self.project.head['ledger'] = {'readers': ['nobody_knows']}
        result = self.expect_error(3, 'manifest', 'apply')
        self.assertIn('nobody_knows', result.err)
        self.assertEqual([(None,)], self.rows("SELECT to_regnamespace('sqlmig')"))


class LockHolderTest(harness.FaultTest):
    # Advisory locks of the application with keys of any sign, in any database, are none of our business.
    def test_other_advisory_locks_do_not_matter(self):
        self.project.step('a')
        with self.cluster.connect('postgres') as other:
            other.cursor().execute('SELECT pg_advisory_lock(-5, 1), pg_advisory_lock(-9223372036854775807)')
            with self.cluster.connect(self.db) as rival:
                rival.cursor().execute('SELECT pg_advisory_lock(-5, -1)')
                self.expect(0, 'apply', '--lock-wait=2s')
                self.project.step('b')
                key = self.rows("SELECT ('x' || encode(substr(sha256('sqlmig'), 1, 4), 'hex'))::bit(32)::int")[0][0]
                rival.cursor().execute('SELECT pg_advisory_lock(%s, %s)', (harness.LOCK_CLASS, key))
                result = self.expect_error(5, 'run_lock', 'apply', '--lock-wait=1s')
                self.assertIn(f'pid {rival.info.backend_pid}', result.err)


if __name__ == '__main__':
    harness.main()
