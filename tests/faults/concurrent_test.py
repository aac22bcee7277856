"""Steps that build, drop, rebuild or detach concurrently: whatever interrupts or blocks them, what is INVALID or half done is never
called success, what others make is never dropped, and the words say what is true."""

import contextlib
import threading
import time

import harness

LONG = 'idx_' + 'x' * 70


class ConcurrentTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.rows('CREATE TABLE public.t (a int, b int); INSERT INTO public.t VALUES (1, 1), (1, 2)')

    def step_of(self, sql, **keys):
        self.project.step('n', sql, witness=False, transaction=False, **keys)

    def holder(self, sql='BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.t', **extra):
        connection = self.cluster.connect(self.db, **extra)
        self.addCleanup(connection.close)
        connection.cursor().execute(sql)
        return connection

    def invalid(self):
        return [row[0] for row in self.rows('SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive) '
                                            'ORDER BY 1')]

    def make_invalid(self, index):
        self.rows(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass")

    def definition(self, index):
        found = self.rows(f"SELECT pg_get_indexdef(to_regclass('{index}'))")[0][0]
        return found and found.split(' USING ')[1]

    def deadline(self):
        self.project.head['defaults'] = {'lock_deadline': '2s'}

    def killed_while(self, waiting):
        """The runner is killed while its statement waits, and its backend is ended."""
        runner = self.start('apply')
        harness.eventually(lambda: self.rows(waiting), 'the statement is on its way')
        time.sleep(0.3)
        runner.kill()
        self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND datname = %s", self.db)
        self.no_backends()


class LongNamesTest(ConcurrentTest):
    def test_a_name_that_the_server_cuts(self):
        self.step_of(f'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {LONG} ON public.t (a);')
        result = self.expect(6, 'apply')
        self.assertIn('HAVING count(*) > 1', result.err)
        self.assertEqual([], self.invalid())
        self.expect(6, 'apply')
        self.rows('DELETE FROM public.t WHERE b = 2')
        self.expect(0, 'apply')
        self.assertEqual([], self.invalid())
        self.assertEqual(['n'], self.applied())

    def test_a_name_of_wide_characters_in_quotes(self):
        name = '\u0436' * 40
        self.step_of(f'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "y{name}" ON public.t (a);')
        self.expect(6, 'apply')
        self.assertEqual([], self.invalid())

    def test_an_invalid_one_that_was_there_before_is_never_success(self):
        """Whatever the statement: here one that the server passes over with a warning."""
        self.rows(f'CREATE INDEX {LONG} ON public.t (a)')
        self.make_invalid(LONG[:63])
        self.step_of(f'SELECT 1;\nALTER INDEX public.{LONG} SET (fillfactor = 70);\n')
        result = self.expect_error(7, 'interrupted', 'apply')
        self.assertIn('is INVALID', result.out)

    def test_words_in_comments_and_strings_are_no_names(self):
        self.rows('CREATE INDEX old_one ON public.t (b)')
        self.make_invalid('old_one')
        self.step_of("-- unlike old_one\nSELECT 'old_one';\nCREATE INDEX CONCURRENTLY i ON public.t (a);\n")
        self.expect(0, 'apply')


class RebuildTest(ConcurrentTest):
    WAITS = "SELECT 1 FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname LIKE '%%_ccnew'"

    def killed_rebuild(self, sql, table='public.t'):
        self.step_of(sql)
        holder = self.holder(f'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM {table}')
        self.killed_while(self.WAITS)
        holder.rollback()
        holder.cursor().execute('ROLLBACK')
        self.assertNotEqual([], self.invalid())
        self.expect(0, 'apply')
        self.assertEqual([], self.invalid())
        self.assertEqual([], self.rows("SELECT relname FROM pg_class WHERE relname ~ '_cc(new|old)'"))
        self.assert_settled()

    def test_schema(self):
        self.rows('CREATE INDEX t_i ON public.t (a)')
        self.killed_rebuild('REINDEX SCHEMA CONCURRENTLY public;')

    def partitioned(self):
        self.rows('CREATE TABLE public.p (i int) PARTITION BY RANGE (i); CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (1) TO (9); '
                  'CREATE INDEX p_i ON public.p (i)')

    def test_partitioned_table(self):
        self.partitioned()
        if self.cluster.version < 140000:  # passed over with a warning before 14
            self.step_of('REINDEX TABLE CONCURRENTLY public.p;')
            self.assertIn('REINDEX of partitioned tables is not yet implemented', self.expect(0, 'apply').err)
            return
        self.killed_rebuild('REINDEX TABLE CONCURRENTLY public.p;', 'public.p1')

    def test_partitioned_index(self):
        self.partitioned()
        if self.cluster.version < 140000:  # an error before 14
            self.step_of('REINDEX INDEX CONCURRENTLY public.p_i;')
            self.expect_error(6, 'sql', 'apply')
            self.assertEqual([], self.applied())
            return
        self.killed_rebuild('REINDEX INDEX CONCURRENTLY public.p_i;', 'public.p1')

    def test_toast(self):
        self.rows('CREATE TABLE public.x (s text)')
        self.killed_rebuild('REINDEX TABLE CONCURRENTLY public.x;', 'public.x')

    def test_deadline_of_a_first_attempt(self):
        """The old transaction has read the table, so nothing can be dropped before it ends: that is said, and mended by the next run."""
        self.rows('CREATE INDEX t_i ON public.t (a)')
        self.deadline()
        self.step_of('REINDEX INDEX CONCURRENTLY public.t_i;')
        holder = self.holder()
        result = self.expect(5, 'apply')
        self.assertNotIn('nothing of n was done', result.err)
        self.assertIn('public.t_i_ccnew is left INVALID', result.err)
        self.assertIn(f'pid {holder.info.backend_pid} ', result.err)
        self.assertIn("end the blocking transaction, then run 'sqlmig apply' again", result.err)
        holder.cursor().execute('ROLLBACK')
        self.expect(0, 'apply')
        self.assertEqual([], self.rows("SELECT relname FROM pg_class WHERE relname ~ '_cc(new|old)'"))

    def test_leftovers_of_others_on_other_tables_stay(self):
        self.rows('CREATE INDEX t_i ON public.t (a); CREATE TABLE public.u (a int); CREATE INDEX u_i_ccnew ON public.u (a)')
        self.make_invalid('u_i_ccnew')
        self.step_of('REINDEX TABLE CONCURRENTLY public.t;')
        self.expect(0, 'apply')
        self.assertEqual(['u_i_ccnew'], self.invalid())


class BuildersTest(ConcurrentTest):
    """Others that build on the same table, seen by a role that may not see what they do."""

    def setUp(self):
        super().setUp()
        self.rows(f'CREATE ROLE own_{self.db} LOGIN; CREATE ROLE dba_{self.db} LOGIN SUPERUSER; GRANT CREATE, USAGE ON SCHEMA public TO own_{self.db}; '
                  f'GRANT CREATE ON DATABASE {self.db} TO own_{self.db}; ALTER TABLE public.t OWNER TO own_{self.db}; '
                  f'GRANT ALL ON public.witness TO own_{self.db}')
        self.addCleanup(self.rows, f'DROP OWNED BY own_{self.db}; DROP ROLE own_{self.db}; DROP ROLE dba_{self.db}')
        self.plain = {'DATABASE_URL': self.cluster.url(self.db, user=f'own_{self.db}')}

    @contextlib.contextmanager
    def build(self, sql):
        """Somebody's build, which waits for an old transaction until the block ends."""
        old = self.holder('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
        builder = self.cluster.connect(self.db, user=f'dba_{self.db}')
        self.addCleanup(builder.close)
        thread = threading.Thread(target=lambda: builder.cursor().execute(sql))
        thread.start()
        harness.eventually(self.invalid, 'the other build has its index')
        time.sleep(0.3)
        try:
            yield builder
        finally:
            old.cursor().execute('ROLLBACK')
            thread.join()

    def test_their_index_is_not_dropped_but_waited_for_and_adopted(self):
        self.step_of('CREATE INDEX CONCURRENTLY i ON public.t (a);')
        with self.build('CREATE INDEX CONCURRENTLY i ON public.t (a)'):
            oid = self.rows("SELECT 'i'::regclass::oid")
            runner = self.start('apply', env=self.plain)
            time.sleep(1.5)
            self.assertIsNone(runner.process.poll(), runner.said())
            self.assertEqual(['i'], self.invalid())
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('the index public.i was there already', result.err)
        self.assertEqual(oid, self.rows("SELECT 'i'::regclass::oid"))
        self.assertEqual([], self.invalid())

    def test_their_rebuild_is_waited_for(self):
        self.rows('CREATE INDEX i ON public.t (a)')
        self.step_of('REINDEX TABLE CONCURRENTLY public.t;')
        with self.build('REINDEX INDEX CONCURRENTLY public.i'):
            oids = self.rows("SELECT array_agg(indexrelid::text ORDER BY indexrelid) FROM pg_index WHERE indrelid = 'public.t'::regclass")
            runner = self.start('apply', env=self.plain)
            time.sleep(1.5)
            self.assertIsNone(runner.process.poll(), runner.said())
            self.assertEqual(oids, self.rows("SELECT array_agg(indexrelid::text ORDER BY indexrelid) FROM pg_index WHERE indrelid = 'public.t'::regclass"))
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual([], self.invalid())

    def test_their_build_is_none_of_our_business_and_nobody_is_told_to_drop_it(self):
        self.step_of('SELECT 1 FROM public.t;\nSELECT pg_sleep(2);\n')
        runner = self.start('apply', env=self.plain)
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db), 'it sleeps')
        with self.build('CREATE INDEX CONCURRENTLY theirs ON public.t (a)'):
            result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertNotIn('DROP INDEX', result.err)


class DefinitionTest(ConcurrentTest):
    def test_another_index_of_that_name_is_no_success(self):
        for there in ('CREATE INDEX i ON public.t (b)', 'CREATE UNIQUE INDEX i ON public.t (a, b)', 'CREATE TABLE public.u (a int); CREATE INDEX i ON public.u (a)',
                      'CREATE INDEX i ON public.t (a) WHERE b > 0'):
            for sql in ('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a);', 'CREATE INDEX CONCURRENTLY i ON public.t (a);'):
                with self.subTest(there=there, sql=sql):
                    self.project.steps = []
                    self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP TABLE IF EXISTS public.u; DROP INDEX IF EXISTS public.i; ' + there)
                    self.step_of(sql)
                    result = self.expect_error(7, 'interrupted', 'apply')
                    self.assertIn('there is another index public.i', result.out)
                    self.assertIn('USING ' + self.definition('public.i'), result.out)
                    self.assertIn('CREATE INDEX i ON public.t USING btree (a)', result.out)
                    self.assertIn('DROP INDEX CONCURRENTLY public.i', result.out)
                    self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.migration'))
                    self.rows('DROP INDEX public.i')
                    self.expect(0, 'apply')
                    self.assertEqual('btree (a)', self.definition('public.i'))

    def test_a_table_has_taken_the_name(self):
        self.rows('CREATE TABLE public.i ()')
        self.step_of('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a);')
        self.assertIn('public.i is something else than an index', self.expect_error(7, 'interrupted', 'apply').out)

    def test_the_same_index_is_adopted_and_that_is_said(self):
        for there, sql in (('CREATE INDEX i ON public.t (lower(a::text) DESC)', 'CREATE INDEX CONCURRENTLY i ON public.t (lower(t.a::text) DESC);'),
                           ('CREATE INDEX i ON public.t (a)', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a);')):
            with self.subTest(sql):
                self.project.steps = []
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP INDEX IF EXISTS public.i; ' + there)
                oid = self.rows("SELECT 'i'::regclass::oid")
                self.step_of(sql)
                self.assertIn('the index public.i was there already', self.expect(0, 'apply').err)
                self.assertEqual(oid, self.rows("SELECT 'i'::regclass::oid"))

    def test_a_role_that_may_not_make_temporary_tables(self):
        self.rows(f'CREATE ROLE own_{self.db} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO own_{self.db}; REVOKE TEMPORARY ON DATABASE {self.db} FROM '
                  f'PUBLIC; GRANT CREATE ON DATABASE {self.db} TO own_{self.db}; ALTER TABLE public.t OWNER TO own_{self.db}')
        self.addCleanup(self.rows, f'DROP OWNED BY own_{self.db}; DROP ROLE own_{self.db}')
        plain = {'DATABASE_URL': self.cluster.url(self.db, user=f'own_{self.db}')}
        self.step_of('CREATE INDEX CONCURRENTLY i ON public.t (a);')
        self.expect(0, 'apply', env=plain)
        begun = "UPDATE sqlmig.migration SET status = 'applying', statements_done = 0, statement_begun = 1, progress = ''"
        self.rows(begun)
        self.expect(0, 'apply', env=plain)
        self.rows(begun + f'; DROP INDEX public.i; CREATE INDEX i ON public.t (b); ALTER INDEX public.i OWNER TO own_{self.db}')
        result = self.expect_error(7, 'interrupted', 'apply', env=plain)
        self.assertIn('there is another index public.i now', result.out)
        self.assertEqual([], self.rows("SELECT 1 FROM pg_class WHERE relname LIKE 'sqlmig probe%%'"))
        # Nor anything beside the table: what cannot be compared does not count as done.
        self.rows(f'DROP INDEX public.i; REVOKE CREATE ON SCHEMA public FROM own_{self.db}, PUBLIC; CREATE INDEX i ON public.t (a)')
        result = self.expect_error(7, 'interrupted', 'apply', env=plain)
        self.assertIn('the index public.i cannot be compared (permission denied', result.out)


class NothingToDoTest(ConcurrentTest):
    """After a crash behind the intent a statement that could never work is not done."""

    def crashed(self, sql, state):
        self.project.steps = []
        self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE')
        self.step_of(sql)
        self.run_sqlmig('apply', env={'SQLMIG_CRASH': 'unit_intended:kill'})
        result = self.expect(6, 'apply')
        self.assertIn(state, result.err)
        self.assertEqual([], self.applied())

    def test_statements_about_nothing(self):
        for sql, state in (('DROP INDEX CONCURRENTLY public.ii;', '42704'), ('DROP DATABASE nosuch;', '3D000'), ('DROP TABLESPACE nosuch;', '42704'),
                           (f'CREATE DATABASE {self.db};', '42P04'), ('REINDEX INDEX CONCURRENTLY public.ii;', '42P01')):
            with self.subTest(sql):
                self.crashed(sql, state)

    def test_detach(self):
        if self.cluster.version < 140000:
            return  # there is no DETACH CONCURRENTLY
        self.rows('CREATE TABLE public.p (i int) PARTITION BY RANGE (i); CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (1) TO (9)')
        for sql in ('ALTER TABLE public.nosuch DETACH PARTITION public.p1 CONCURRENTLY;', 'ALTER TABLE public.p DETACH PARTITION public.p9 CONCURRENTLY;',
                    'ALTER TABLE public.p DETACH PARTITION public.t CONCURRENTLY;'):
            with self.subTest(sql):
                self.crashed(sql, '42P01')
        self.assertEqual([(1,)], self.rows("SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.p'::regclass"))

    def test_if_exists_is_done(self):
        self.step_of('DROP INDEX CONCURRENTLY IF EXISTS public.ii;')
        self.run_sqlmig('apply', env={'SQLMIG_CRASH': 'unit_intended:kill'})
        self.expect(0, 'apply')


class DeadlineTest(ConcurrentTest):
    def test_a_build_whose_index_cannot_be_dropped_yet(self):
        self.deadline()
        self.step_of('CREATE INDEX CONCURRENTLY i ON public.t (a);')
        holder = self.holder()
        start = time.monotonic()
        result = self.expect_error(5, 'lock_timeout', 'apply')
        self.assertLess(time.monotonic() - start, 15)
        self.assertEqual(['i'], self.invalid())
        for text in ('the index public.i is left INVALID', f'pid {holder.info.backend_pid} ', 'given up after',
                     "the next 'sqlmig apply' takes it away first"):
            self.assertIn(text, result.err)
        for text in ('correct the script', 'rolled back', 'nothing of n was done'):
            self.assertNotIn(text, result.err)
        result = self.expect(5, 'apply')  # still held: the old index cannot be dropped
        self.assertIn(f'pid {holder.info.backend_pid} ', result.err)
        holder.cursor().execute('ROLLBACK')
        self.expect(0, 'apply')
        self.assertEqual([], self.invalid())
        self.assert_settled()

    def test_a_timeout_of_the_scripts_own(self):
        """It does not bound what cleans up."""
        self.step_of('CREATE INDEX CONCURRENTLY i ON public.t (a);', lock_timeout='300ms')
        self.project.head['defaults'] = {'lock_deadline': '1s'}
        holder = self.holder()
        threading.Timer(2.0, lambda: holder.cursor().execute('ROLLBACK')).start()
        self.run_sqlmig('apply')
        self.assertEqual([], self.invalid())

    def test_what_is_half_done_is_not_said_to_be_rolled_back(self):
        self.rows('CREATE INDEX i ON public.t (a)')
        self.deadline()
        self.step_of('SELECT 1;\nDROP INDEX CONCURRENTLY public.i;\n')
        holder = self.holder()
        result = self.expect(5, 'apply')
        self.assertNotIn('the step was rolled back', result.err)
        self.assertIn('goes on with statement 2 of n', result.err)
        self.assertIn(f'pid {holder.info.backend_pid} ', result.err)
        holder.cursor().execute('ROLLBACK')
        self.expect(0, 'apply')
        self.assertEqual([(None,)], self.rows("SELECT to_regclass('public.i')"))

    def test_a_step_that_goes_on_is_not_said_to_be_run_again(self):
        self.step_of('SELECT 1;\nSELECT pg_sleep(1.5);\n')
        runner = self.start('apply')
        backend = harness.eventually(lambda: self.rows("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                                     'it sleeps')[0][0]
        self.rows('SELECT pg_terminate_backend(%s)', backend)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('n was not at its end; it goes on with statement 2', result.err)
        self.assertNotIn('it is run again', result.err)


class BudgetTest(ConcurrentTest):
    def analyzed(self, **keys):
        """Somebody's ANALYZE waits for a build, which waits for an old transaction."""
        self.step_of('CREATE INDEX CONCURRENTLY i ON public.t (a);', **keys)
        old = self.holder('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
        runner = self.start('apply')
        harness.eventually(self.invalid, 'it builds')
        analyzer = self.cluster.connect(self.db)
        self.addCleanup(analyzer.close)
        thread = threading.Thread(target=lambda: analyzer.cursor().execute('ANALYZE public.t'))
        thread.start()
        time.sleep(3)
        said = runner.said()
        old.cursor().execute('ROLLBACK')
        thread.join()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual([], self.invalid())
        return said

    def test_the_default_budget_is_not_for_what_holds_weak_locks(self):
        self.assertNotIn('withdrawn', self.analyzed())

    def test_one_that_was_asked_for_is(self):
        self.assertIn('withdrawn', self.analyzed(max_blocked_time='1s'))


class PendingDetachTest(ConcurrentTest):
    def foreign(self):
        """p2 is half detached."""
        self.rows('CREATE TABLE public.p (i int) PARTITION BY RANGE (i); CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (1) TO (9); '
                  'CREATE TABLE public.p2 PARTITION OF public.p FOR VALUES FROM (10) TO (19)')
        reader = self.holder('BEGIN; SELECT * FROM public.p')
        other = self.cluster.connect(self.db)
        self.addCleanup(other.close)

        def detach():
            with contextlib.suppress(harness.psycopg2.Error):
                other.cursor().execute("SET lock_timeout = '500ms'")
                other.cursor().execute('ALTER TABLE public.p DETACH PARTITION public.p2 CONCURRENTLY')
        detach()
        reader.cursor().execute('ROLLBACK')

    def test_the_statement_that_finishes_a_foreign_one_is_told(self):
        if self.cluster.version < 140000:
            return  # there is no DETACH CONCURRENTLY
        self.foreign()
        self.step_of('SELECT 1;\nALTER TABLE public.p DETACH PARTITION public.p1 CONCURRENTLY;\n')
        result = self.expect(6, 'apply')
        remedy = 'ALTER TABLE public.p DETACH PARTITION public.p2 FINALIZE'
        self.assertIn(f"run '{remedy}', then run 'sqlmig apply' again: it goes on with statement 2 of n", result.err)
        self.rows(remedy)
        self.expect(0, 'apply')

    def test_it_is_told_in_a_transaction_too(self):
        if self.cluster.version < 140000:
            return  # there is no DETACH CONCURRENTLY
        self.foreign()
        self.project.step('a', 'ALTER TABLE public.p2 ADD CHECK (i > 9);')
        result = self.expect(6, 'apply')
        self.assertIn("a was rolled back; run 'ALTER TABLE public.p DETACH PARTITION public.p2 FINALIZE' and then the command again", result.err)


if __name__ == '__main__':
    harness.main()
