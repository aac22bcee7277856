"""Kinds of steps and of runs: one transaction, none, fake, offline SQL, edited, late, unknown, stored down scripts, scopes."""

import contextlib
import os
import shutil
import subprocess
import threading
import time

import catalog
import harness


class SingleTransactionTest(harness.FaultTest):
    def test_all(self):
        self.project.step('a').step('b').step('c')
        self.expect(0, 'apply', '--single-transaction')
        self.assert_applied('a', 'b', 'c')
        self.assertEqual(1, self.rows('SELECT count(DISTINCT xmin::text) FROM sqlmig.migration')[0][0])
        self.assert_settled()

    def test_nothing(self):
        self.project.step('a').step('b').step('c', 'SELECT 1;\nSELECT 1/0;\n')
        result = self.expect_error(6, 'sql', 'apply', '--single-transaction')
        self.assertIn('sql/c/up.sql:2:1: ', result.err)
        self.assert_applied()
        self.assertEqual([], self.tables())
        self.assertEqual([('sql',)], self.rows('SELECT outcome FROM sqlmig.run'))

    def test_strictest_isolation_level_of_all(self):
        self.project.step('a', "CREATE TABLE public.level AS SELECT current_setting('transaction_isolation') AS l;\n",
                          witness=False)
        self.project.step('b', 'BEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE public.b ();\nCOMMIT;\n', witness=False)
        self.expect(0, 'apply', '--single-transaction')
        self.assertEqual([('serializable',)], self.rows('SELECT l FROM public.level'))

    def test_refused_with_a_non_transactional_step(self):
        self.project.step('a').step('b', 'VACUUM witness;', witness=False, transaction=False)
        self.expect_error(2, 'usage', 'apply', '--single-transaction')
        self.assertEqual([], self.tables())

    def test_rollback(self):
        self.project.step('a').step('b').step('c', down='SELECT 1/0;')
        self.expect(0, 'apply')
        self.expect(6, 'rollback', 'base', '--single-transaction', '--yes')
        self.assert_applied('a', 'b', 'c')
        self.project.write_file('sql/c/down.sql', 'DROP TABLE public.c;')
        self.expect(0, 'rollback', 'base', '--single-transaction', '--yes')
        self.assertEqual([], self.applied())
        self.assertEqual([], self.tables())


class NonTransactionalTest(harness.FaultTest):
    def test_concurrent_index(self):
        self.project.step('a', 'CREATE TABLE public.a AS SELECT generate_series(1, 100) i;')
        self.project.step('b', 'CREATE INDEX CONCURRENTLY a_i ON public.a (i);\n-- c ;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_j ON public.a ((i+1));\n'
                               'ANALYZE public.a;\n', 'DROP INDEX CONCURRENTLY a_i;\nDROP INDEX CONCURRENTLY a_j;\n', transaction=False)
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')
        self.assertEqual([(2,)], self.rows("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid"))
        self.expect(0, 'rollback')
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass"))
        self.assertEqual(['a'], self.applied())

    def test_concurrent_index_in_a_transaction_is_found_at_load(self):
        self.project.step('a', 'CREATE TABLE public.a (i int);')
        self.project.step('b', 'CREATE INDEX CONCURRENTLY a_i ON public.a (i);')
        result = self.expect(3, 'apply')
        self.assertIn('sql/b/up.sql:1:1', result.err)
        self.assertIn('transaction: false', result.err)
        self.assert_applied()
        result = self.expect(3, 'check')
        self.assertIn('sql/b/up.sql:1:1', result.out + result.err)

    def test_what_only_the_server_knows_has_the_same_hint(self):
        self.project.step('a', "DO $$ BEGIN EXECUTE 'VACUUM'; END $$;")
        result = self.expect(6, 'apply')
        self.assertIn("write 'transaction: {up: false}' at a in the manifest", result.err)  # its way back needs none
        self.assertIn('25001', result.err)

    def test_only_the_server_knows_a_partitioned_table(self):
        self.project.step('a', 'CREATE TABLE public.a (i int) PARTITION BY RANGE (i);')
        self.project.step('b', 'REINDEX TABLE public.a;')
        if self.cluster.version < 140000:  # passed over with a warning before 14
            result = self.expect(0, 'apply')
            self.assertIn('REINDEX of partitioned tables is not yet implemented', result.err)
            return
        result = self.expect_error(6, 'sql', 'apply')
        self.assertIn("write 'transaction: {up: false}' at b in the manifest", result.err)
        self.project.steps[-1]['transaction'] = {'up': False}
        self.project.write()
        result = self.expect(0, 'apply')
        self.assertNotIn('without a transaction', result.err)

    def test_flag_for_each_direction(self):
        self.project.step('a', 'CREATE TABLE public.a (i int);\nCREATE INDEX a_i ON public.a (i);\n',
                          'DROP INDEX CONCURRENTLY a_i;\nDROP TABLE public.a;\n', transaction={'up': True, 'down': False})
        self.expect(0, 'apply')
        self.expect(0, 'rollback')
        self.assertEqual([], self.tables())
        self.assertEqual([], self.applied())

    def test_unit_is_all_or_nothing(self):
        self.project.step('n', 'CREATE TABLE public.n (i int);\nBEGIN;\nINSERT INTO public.n VALUES (1);\nSELECT 1/0;\nCOMMIT;\nCREATE TABLE public.m (i int);\n',
                          witness=False, transaction=False)
        result = self.expect_error(6, 'sql', 'apply')
        self.assertIn('sql/n/up.sql:4:1: ', result.err)
        self.assertEqual([(0,)], self.rows('SELECT count(*) FROM public.n'))
        self.assertEqual([('applying', 1)], self.rows('SELECT status, statements_done FROM sqlmig.migration'))

    def test_failure_in_the_second_statement(self):
        self.project.step('n', "CREATE TABLE public.n (i int);\nSELECT 1/0;\nINSERT INTO public.witness VALUES ('n');\n", witness=False,
                          transaction=False).step('later')
        result = self.expect(6, 'apply')
        self.assertIn("run 'sqlmig apply' again: it goes on with statement 2 of n", result.err)
        self.assertIn('sql/n/up.sql:2:1: ', result.err)
        status = self.expect(0, 'status', '--format', 'json').json['databases'][0]
        self.assertEqual(('interrupted', ['n']), (status['state'], status['interrupted']))
        self.assertEqual(1, self.run_sqlmig('status', '--exit-code').code)
        self.expect_error(7, 'interrupted', 'rollback')
        self.expect_error(7, 'interrupted', 'stamp', 'later', '--yes')
        self.assertEqual(['n'], [row[0] for row in self.tables()])
        self.assertEqual({}, self.witnesses())

    def half_done(self):
        """Two statements have run, the third has failed."""
        self.project.step('n', "CREATE TABLE public.n (i int);\nINSERT INTO public.witness VALUES ('n');\nSELECT 1/0;\n", witness=False,
                          transaction=False).step('later')
        self.expect_error(6, 'sql', 'apply')

    def test_goes_on_where_it_failed(self):
        self.half_done()
        self.assertIn('goes on with statement 3', self.expect(0, 'plan').out)
        self.expect_error(6, 'sql', 'apply')
        self.project.write_file('sql/n/up.sql', "CREATE TABLE public.n (i int); -- as before\nINSERT INTO public.witness\n"
                                "  VALUES ('n');\nSELECT 1;\nCREATE INDEX CONCURRENTLY n_i ON public.n (i);\n")
        self.expect(0, 'apply')
        self.assert_applied('n', 'later')
        self.assert_settled()
        kinds = [row[0] for row in self.rows("SELECT kind FROM sqlmig.event WHERE migration = 'n' AND kind <> 'receipt' ORDER BY id")]
        self.assertEqual(['started', 'statement', 'statement', 'failed', 'resumed', 'failed', 'resumed', 'statement', 'statement', 'applied'],
                         kinds)
        self.assertEqual([('n', 1), ('later', 2)], self.rows('SELECT id, ordinal FROM sqlmig.migration ORDER BY ordinal'))
        # What is recorded is what was run in the end.
        self.assertEqual([], self.expect(0, 'status', '--format', 'json').json['databases'][0]['edited'])

    def test_a_statement_that_has_run_was_edited(self):
        self.half_done()
        for text in ("CREATE TABLE public.n (i bigint);\nINSERT INTO public.witness VALUES ('n');\nSELECT 1;\n",
                     'CREATE TABLE public.n (i int);\n'):
            self.project.write_file('sql/n/up.sql', text)
            result = self.expect_error(7, 'edited', 'apply')
            self.assertIn('the first 2 statements of n have run, and were changed since', result.err)
        self.assertEqual({'n': 1}, self.witnesses())
        self.assertEqual([('applying', 2)], self.rows('SELECT status, statements_done FROM sqlmig.migration'))

    def test_another_target_waits_for_what_is_half_done(self):
        self.half_done()
        self.project.step('other', after=[])
        result = self.expect_error(7, 'interrupted', 'apply', 'other')
        self.assertIn("'sqlmig apply n' goes on", result.err)
        self.assertNotIn('other', self.applied())

    def test_a_half_done_step_cannot_become_transactional(self):
        self.half_done()
        self.project.steps[0]['transaction'] = True
        result = self.expect_error(7, 'interrupted', 'apply')
        self.assertIn("put 'transaction: false' back", result.err)

    def test_settings_of_the_session_come_back(self):
        """SET ROLE and search_path of finished statements hold for those that another session runs."""
        self.rows('CREATE ROLE resumer; GRANT CREATE, USAGE ON SCHEMA public TO resumer; CREATE SCHEMA app AUTHORIZATION resumer')
        self.addCleanup(self.rows, 'DROP OWNED BY resumer; DROP ROLE resumer')
        self.project.step('n', "SET search_path = app;\nSELECT set_config('role', 'resumer', false);\nCREATE TABLE t (i int);\n"
                          'CREATE TABLE u AS SELECT 1/0 AS i;\n', witness=False, transaction=False)
        self.expect(6, 'apply')
        self.project.write_file('sql/n/up.sql', "SET search_path = app;\nSELECT set_config('role', 'resumer', false);\nCREATE TABLE t (i int);\n"
                                'CREATE TABLE u AS SELECT 1 AS i;\n')
        self.expect(0, 'apply')
        self.assertEqual([('app', 't', 'resumer'), ('app', 'u', 'resumer')],
                         self.rows("SELECT schemaname, tablename, tableowner FROM pg_tables WHERE tablename IN ('t', 'u') ORDER BY 2"))
        self.assertEqual(['n'], self.applied())

    def test_migrations_role_holds_for_each_statement(self):
        self.rows('CREATE ROLE unit_owner; GRANT CREATE, USAGE ON SCHEMA public TO unit_owner')
        self.addCleanup(self.rows, 'DROP OWNED BY unit_owner; DROP ROLE unit_owner')
        self.project.step('n', 'CREATE TABLE public.t (i int);\nCREATE TABLE public.u (i int);\nCREATE INDEX CONCURRENTLY t_i ON public.t (i);\n',
                          witness=False, transaction=False, settings={'role': 'unit_owner'})
        self.expect(0, 'apply')
        self.assertEqual([('unit_owner',)], self.rows("SELECT DISTINCT tableowner FROM pg_tables WHERE tablename IN ('t', 'u')"))

    def test_procedures_may_end_transactions(self):
        self.rows('CREATE PROCEDURE public.p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.witness VALUES (\'p\'); COMMIT; '
                  "EXECUTE 'ROLLBACK'; EXCEPTION WHEN OTHERS THEN NULL; END $$")
        self.rows("CREATE OR REPLACE PROCEDURE public.p() LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.witness VALUES (''p''); COMMIT; END'")
        self.project.step('n', "CALL public.p();\nDO $$ BEGIN INSERT INTO public.witness VALUES ('do'); COMMIT; END $$;\n"
                          "DO $$ BEGIN CALL public.p(); END $$;\nVACUUM;\n", witness=False, transaction=False)
        self.expect(0, 'apply')
        self.assertEqual({'p': 2, 'do': 1}, self.witnesses())

    def test_lock_conflict_in_a_statement_is_tried_again(self):
        self.project.step('a', 'CREATE TABLE public.a (i int);')
        self.expect(0, 'apply')
        self.project.step('n', 'SELECT 1;\nALTER TABLE public.a ADD j int;\n', witness=False, transaction=False, lock_timeout='200ms')
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN; LOCK TABLE public.a')
            runner = self.start('apply')
            time.sleep(1.5)
            self.assertIsNone(runner.process.poll(), runner.said())
            other.cursor().execute('ROLLBACK')
            result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('rolled back, attempt 1 failed, again in', result.err)
        self.assertEqual(['a', 'n'], self.applied())

    def test_unknown_grammar_must_be_one_statement(self):
        self.project.step('n', 'SELECT 1;\nFROBNICATE public.t CONCURRENTLY;\n', witness=False, transaction=False)
        result = self.expect(3, 'apply')
        self.assertIn('sql/n/up.sql:2:1', result.err)
        self.assertIn('it must be the only one', result.err)
        self.project.write_file('sql/n/up.sql', 'FROBNICATE public.t CONCURRENTLY;\n')
        self.expect_error(6, 'sql', 'apply')  # the server's word
        self.assertEqual([], self.applied())

    def test_failure_in_the_first_statement_leaves_nothing(self):
        self.project.step('n', 'CREATE INDEX CONCURRENTLY i ON public.nothing (i);\nCREATE TABLE public.n (i int);\n', transaction=False)
        self.expect(6, 'apply')
        self.assert_applied()
        self.project.write_file('sql/n/up.sql', "CREATE TABLE public.n (i int);INSERT INTO public.witness VALUES ('n');")
        self.expect(0, 'apply')
        self.assert_applied('n')

    def test_invalid_index_is_never_success(self):
        self.project.step('a', 'CREATE TABLE public.a AS SELECT 1 AS i UNION ALL SELECT 1;')
        self.project.step('b', 'CREATE UNIQUE INDEX CONCURRENTLY a_i ON public.a (i);\n', witness=False, transaction=False)
        self.expect_error(6, 'sql', 'apply')
        result = self.run_sqlmig('apply')
        self.assertNotEqual(0, result.code, result)
        self.assertNotIn('b', self.applied())

    BUILD = 'CREATE INDEX CONCURRENTLY IF NOT EXISTS big_i ON public.big (public.f(i));\n'
    F = "CREATE OR REPLACE FUNCTION public.f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN {}; END'"

    def index_is_valid(self):
        return self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.big_i'::regclass")[0][0]

    def big_table(self, result='$1'):
        self.rows('CREATE TABLE public.big AS SELECT generate_series(1, 10) AS i;' + self.F.format(result))
        self.project.step('n', self.BUILD, witness=False, transaction=False)

    # The error is of the class that says "found before anything was done", but comes from a function in the build.
    def test_build_that_fails_in_a_function_is_taken_away(self):
        self.big_table('nosuch($1)')
        self.expect(6, 'apply')
        self.assertEqual([], self.rows("SELECT 1 FROM pg_class WHERE relname = 'big_i'"))
        self.rows(self.F.format('$1'))
        self.expect(0, 'apply')
        self.assertTrue(self.index_is_valid())

    def invalid_index(self, definition):
        self.rows(definition + "; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.big_i'::regclass")

    # IF NOT EXISTS passes over it in silence.
    def test_invalid_index_of_the_same_definition_is_built_again(self):
        self.big_table()
        self.invalid_index('CREATE INDEX big_i ON public.big (public.f(i))')
        self.expect(0, 'apply')
        self.assertTrue(self.index_is_valid())
        self.assertEqual(['n'], self.applied())

    def test_invalid_index_of_others_is_never_success_and_never_dropped(self):
        for foreign in ('CREATE INDEX big_i ON public.big (i)', 'CREATE UNIQUE INDEX big_i ON public.big (public.f(i))',
                        'CREATE INDEX big_i ON public.big (public.f(i)) WHERE i > 3', 'CREATE INDEX big_i ON public.big (public.f(i) DESC)'):
            with self.subTest(foreign):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.big_table()
                self.invalid_index(foreign)
                result = self.expect_error(7, 'interrupted', 'apply')
                self.assertIn('public.big_i is INVALID', result.out)
                self.assertIn('DROP INDEX CONCURRENTLY public.big_i', result.out)
                self.assertEqual([], self.applied())
                self.assertFalse(self.index_is_valid())
                self.rows('DROP INDEX public.big_i')
                self.expect(0, 'apply')
                self.assertTrue(self.index_is_valid())

    def test_duplicates_are_told_how_to_find(self):
        self.rows('CREATE TABLE public.big (i int, "J" text); INSERT INTO public.big VALUES (1, \'A\'), (1, \'a\'), (2, NULL)')
        self.project.step('n', 'CREATE UNIQUE INDEX CONCURRENTLY ON public.big (i, lower("J")) WHERE i < 2;\n', witness=False, transaction=False)
        result = self.expect(6, 'apply')
        query = ('SELECT i, lower("J"), count(*) FROM public.big WHERE (i < 2) AND i IS NOT NULL AND lower("J") IS NOT NULL '
                 'GROUP BY i, lower("J") HAVING count(*) > 1')
        self.assertIn(query, result.err)
        self.assertEqual([(1, 'a', 2)], self.rows(query))
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM pg_index WHERE indrelid = 'public.big'::regclass"))
        self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.migration'))  # it was the first statement, and left nothing
        self.rows('DELETE FROM public.big WHERE "J" = \'A\'')
        self.expect(0, 'apply')

    def test_rows_with_a_null_are_no_duplicates(self):
        self.rows('CREATE TABLE public.big (i int NOT NULL, j int); INSERT INTO public.big VALUES (1, NULL), (1, NULL), (2, 3), (2, 3)')
        cases = [('', 'SELECT i, j, count(*) FROM public.big WHERE j IS NOT NULL GROUP BY i, j HAVING count(*) > 1', [(2, 3, 2)])]
        if self.cluster.version >= 150000:
            cases.append((' NULLS NOT DISTINCT', 'SELECT i, j, count(*) FROM public.big GROUP BY i, j HAVING count(*) > 1', [(1, None, 2), (2, 3, 2)]))
        for nulls, query, found in cases:
            with self.subTest(nulls):
                self.project.steps = []
                self.project.step('n', f'CREATE UNIQUE INDEX CONCURRENTLY big_u ON public.big (i, j){nulls};\n', witness=False, transaction=False)
                self.assertIn(query, self.expect(6, 'apply').err)
                self.assertEqual(found, sorted(self.rows(query), key=str))

    def test_reindex_waits_for_a_build_of_others(self):
        self.rows('CREATE TABLE public.t AS SELECT generate_series(1, 10) i; CREATE INDEX t_i ON public.t (i)')
        for sql in ('REINDEX INDEX CONCURRENTLY public.t_i;', 'REINDEX TABLE CONCURRENTLY public.t;'):
            with self.subTest(sql), contextlib.closing(self.cluster.connect(self.db)) as old, \
                    contextlib.closing(self.cluster.connect(self.db)) as builder:
                self.project.steps = []
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP INDEX IF EXISTS public.t_j')
                self.project.step('n', sql, witness=False, transaction=False)
                old.cursor().execute('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
                build = threading.Thread(target=lambda: builder.cursor().execute('CREATE INDEX CONCURRENTLY t_j ON public.t (i)'))
                build.start()
                harness.eventually(lambda: self.rows('SELECT 1 FROM pg_stat_progress_create_index'), 'the other build runs')
                runner = self.start('apply')
                time.sleep(1)
                self.assertEqual([(1,)], self.rows('SELECT count(*) FROM pg_stat_progress_create_index'))
                old.cursor().execute('ROLLBACK')
                build.join()
                result = runner.wait()
                self.assertEqual(0, result.code, result)
                self.assertEqual([], self.rows("SELECT 1 FROM pg_index WHERE indrelid = 'public.t'::regclass AND NOT indisvalid"))

    def begun(self, sql, number=1, **keys):
        """The runner died in statement `number`: begun, and nothing recorded since."""
        self.project.step('n', sql, witness=False, transaction=False, **keys)
        self.expect(0, 'apply')
        self.rows("UPDATE sqlmig.migration SET status = 'applying', statements_done = %s, statement_begun = %s, progress = ''", number - 1, number)

    def test_drop_index_that_was_done(self):
        self.rows('CREATE TABLE public.t (i int); CREATE INDEX t_i ON public.t (i)')
        self.begun('DROP INDEX CONCURRENTLY public.t_i;')
        self.expect(0, 'apply')
        self.assert_settled()

    def test_drop_index_that_was_not_done(self):
        self.rows('CREATE TABLE public.t (i int); CREATE INDEX t_i ON public.t (i)')
        self.begun('DROP INDEX CONCURRENTLY public.t_i;')
        self.rows("CREATE INDEX t_i ON public.t (i); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_i'::regclass")
        self.expect(0, 'apply')
        self.assertEqual([(None,)], self.rows("SELECT to_regclass('public.t_i')"))

    def test_index_that_was_built_is_adopted(self):
        for sql in ('CREATE INDEX CONCURRENTLY t_i ON public.t (i);', 'CREATE UNIQUE INDEX CONCURRENTLY ON public.t (i, j);'):
            with self.subTest(sql):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.rows('CREATE TABLE public.t (i int, j int)')
                self.begun(sql)
                before = self.rows("SELECT indexrelid FROM pg_index WHERE indrelid = 'public.t'::regclass")
                self.expect(0, 'apply')
                self.assertEqual(before, self.rows("SELECT indexrelid FROM pg_index WHERE indrelid = 'public.t'::regclass"))

    def test_index_that_was_half_built_is_built_again(self):
        for sql in ('CREATE INDEX CONCURRENTLY t_i ON public.t (i);', 'CREATE UNIQUE INDEX CONCURRENTLY ON public.t (i, j);'):
            with self.subTest(sql):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.rows('CREATE TABLE public.t (i int, j int)')
                self.begun(sql)
                self.rows("UPDATE pg_index SET indisvalid = false WHERE indrelid = 'public.t'::regclass")
                self.expect(0, 'apply')
                self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indrelid = 'public.t'::regclass"))

    def test_another_index_took_the_name(self):
        self.rows('CREATE TABLE public.t (i int, j int)')
        self.begun('CREATE INDEX CONCURRENTLY t_i ON public.t (i);')
        self.rows('DROP INDEX public.t_i; CREATE INDEX t_i ON public.t (j)')
        result = self.expect_error(7, 'interrupted', 'apply')
        self.assertIn('there is another index public.t_i now', result.out)

    def test_reindex_leaves_nothing(self):
        self.rows('CREATE TABLE public.t (i int); CREATE INDEX t_i ON public.t (i)')
        for sql in ('REINDEX INDEX CONCURRENTLY public.t_i;', 'REINDEX TABLE CONCURRENTLY public.t;'):
            with self.subTest(sql):
                self.project.steps = []
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE')
                self.begun(sql)
                self.rows("CREATE INDEX t_i_ccnew ON public.t (i); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_i_ccnew'::regclass")
                self.expect(0, 'apply')
                self.assertEqual([('t_i',)], self.rows("SELECT relname::text FROM pg_class JOIN pg_index ON oid = indexrelid WHERE indrelid = 'public.t'::regclass"))

    PARTITIONED = 'CREATE TABLE public.p (i int) PARTITION BY RANGE (i); CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (1) TO (9)'

    def detach_is_unknown(self):
        """Before version 14 the server refuses it, and the partition stays."""
        if self.cluster.version >= 140000:
            return False
        self.project.step('n', 'ALTER TABLE public.p DETACH PARTITION public.p1 CONCURRENTLY;', witness=False, transaction=False)
        result = self.expect_error(6, 'sql', 'apply')
        self.assertIn('sql/n/up.sql:1:49: syntax error at or near "CONCURRENTLY"', result.err)
        self.assertEqual([(1,)], self.rows("SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.p'::regclass"))
        self.assertEqual([], self.applied())
        return True

    def test_detach_that_was_done(self):
        self.rows(self.PARTITIONED)
        if self.detach_is_unknown():
            return
        self.begun('ALTER TABLE public.p DETACH PARTITION public.p1 CONCURRENTLY;')
        self.expect(0, 'apply')
        self.assert_settled()

    def test_detach_that_was_half_done(self):
        self.rows(self.PARTITIONED)
        if self.detach_is_unknown():
            return
        self.project.step('n', 'ALTER TABLE public.p DETACH PARTITION public.p1 CONCURRENTLY;', witness=False, transaction=False)
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN; SELECT * FROM public.p')
            runner = self.start('apply')
            harness.eventually(lambda: self.rows("SELECT 1 FROM pg_inherits WHERE inhdetachpending"), 'it waits for the reader')
            runner.kill()
            self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND datname = %s", self.db)
            other.cursor().execute('ROLLBACK')
        self.assertEqual([(1,)], self.rows('SELECT count(*) FROM pg_inherits WHERE inhdetachpending'))
        self.expect(0, 'apply')
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.p'::regclass"))
        self.assertEqual(['n'], self.applied())

    def test_objects_of_the_cluster_that_were_made(self):
        name = 'made_' + self.db[-8:]
        self.addCleanup(self.rows, 'DROP DATABASE IF EXISTS ' + name)
        self.begun(f'CREATE DATABASE {name};')
        self.expect(0, 'apply')
        self.project.steps = []
        self.rows('DROP SCHEMA sqlmig CASCADE')
        self.begun(f'DROP DATABASE {name};')
        self.expect(0, 'apply')
        self.assert_settled()

    def test_invalid_index_of_another_table_does_not_matter(self):
        self.big_table()
        self.rows("CREATE TABLE public.other (i int); CREATE INDEX other_i ON public.other (i); "
                  "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.other_i'::regclass")
        self.expect(0, 'apply')

    # The default lock_timeout would end the build in its wait for older transactions, and leave it INVALID.
    def test_concurrent_build_waits_longer_than_the_default_lock_timeout(self):
        self.big_table()
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
            runner = self.start('apply')
            time.sleep(4.5)
            self.assertIsNone(runner.process.poll(), runner.said())
            other.cursor().execute('ROLLBACK')
            self.assertEqual(0, runner.wait().code)
        self.assertTrue(self.index_is_valid())

    def test_down_interrupted(self):
        self.project.step('n', 'CREATE TABLE public.n (i int);', 'SELECT 1;\nSELECT 1/0;\nDROP TABLE public.n;\n', transaction=False)
        self.expect(0, 'apply')
        self.expect(6, 'rollback')
        self.assertEqual([('reverting', 1)], self.rows('SELECT status, statements_done FROM sqlmig.migration'))
        result = self.expect_error(7, 'interrupted', 'apply')
        self.assertIn('the rollback that was interrupted, given again, goes on', result.err)
        self.project.write_file('sql/n/down.sql', 'SELECT 1;\nDROP TABLE public.n;\n')
        self.expect(0, 'rollback')
        self.assertEqual([], self.tables())
        self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.migration'))


class FakeTest(harness.FaultTest):
    def test_fake(self):
        self.project.step('a').step('b', 'VACUUM;', witness=False, transaction=False).step('c', 'SELECT 1/0;')
        self.expect(0, 'apply', '--fake')
        self.assertEqual(['a', 'b', 'c'], self.applied())
        self.assertEqual([], self.tables())
        self.assertEqual({}, self.witnesses())
        self.assertEqual([('stamped', 3)], self.rows('SELECT kind, count(*) FROM sqlmig.event GROUP BY 1'))
        self.assert_settled()

    def test_fake_part(self):
        self.project.step('a').step('b')
        self.expect(0, 'apply', 'a', '--fake')
        self.expect(0, 'apply')
        self.assertEqual(['a', 'b'], self.applied())
        self.assertEqual({'b': 1}, self.witnesses())


class OfflineSqlTest(harness.FaultTest):
    """`--sql`, run by the real psql, gives the same schema and the same ledger as a direct run."""

    def project_of_all_kinds(self):
        self.project.step('a', "CREATE TABLE public.a (i int PRIMARY KEY, s text DEFAULT E'\\\\x;');\n")
        self.project.step('b', "COPY public.a FROM stdin;\n1\tone\n2\t\\\\N;'\n\\.\nINSERT INTO public.a VALUES (3);\nCOPY public.a (i) FROM stdin;\n4\n\\.\n", 'TRUNCATE public.a;')
        self.project.step('c', 'CREATE INDEX CONCURRENTLY a_s ON public.a (s);\nANALYZE public.a;\n', 'DROP INDEX CONCURRENTLY a_s;\n', transaction=False)
        self.project.step('d', 'BEGIN;\nCREATE TABLE public.d (i int);\nCOMMIT;\n', witness=False)
        self.project.step('e', b'\xef\xbb\xbfCREATE FUNCTION public.e() RETURNS text LANGUAGE sql AS $$ SELECT \':x; \xd0\xb6\' $$', 'DROP FUNCTION public.e()')
        self.project.step('f', 'CREATE SCHEMA other; SET search_path = other; CREATE TABLE f (i int); SET ROLE postgres;', 'DROP TABLE other.f; DROP SCHEMA other;',
                          settings={'work_mem': '8MB'}, lock_timeout='1s', description="it's")
        self.project.step('g', b'-- only a comment', '')
        self.project.steps.append({'id': 'm', 'depends_on': ['g'], 'up': 'none', 'down': 'none'})
        self.names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'm']

    def psql(self, text, database):
        script = self.project.path('offline.sql')
        with open(script, 'w', encoding='utf-8') as file:
            file.write(text)
        return subprocess.run(['psql', '-X', '-q', '-f', script, self.cluster.url(database)], capture_output=True, text=True,
                              check=False, cwd=self.project.folder, env={'PATH': os.environ['PATH'], 'HOME': self.project.folder})

    def schema(self, database):
        connection = self.cluster.connect(database)
        try:
            return catalog.describe(connection, rows=False)
        finally:
            connection.close()

    def ledger(self, database):
        """All tables of the ledger but for times, durations and random ids."""
        return {table: self.cluster.query(database, f'SELECT {columns} FROM sqlmig.{table} {order}') for table, columns, order in (
            ('migration', "scope, id, description, depends_on, ordinal, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, "
                          "down_script, up_transaction, down_transaction, settings, status, run = (SELECT max(id) FROM sqlmig.run), "
                          "attempt <> ''", 'ORDER BY ordinal'),
            ('run', 'scope, command, tool_version, db_user, os_user, host, ended_at IS NOT NULL, outcome', 'ORDER BY 1'),
            ('event', "scope, migration, direction, kind, statement, sqlstate, message, run = (SELECT max(id) FROM sqlmig.run)", "WHERE kind <> 'receipt' ORDER BY id"),
            ('ledger', 'version', 'ORDER BY 1'))}

    def test_same_as_a_direct_run(self):
        self.project_of_all_kinds()
        self.expect(0, 'apply')
        direct = self.db
        offline = self.cluster.new_database()
        script = self.expect(0, 'apply', '--sql', env={'DATABASE_URL': None}).out
        done = self.psql(script, offline)
        self.assertEqual((0, ''), (done.returncode, done.stderr), done.stdout)
        self.assertEqual(self.schema(direct), self.schema(offline))
        self.assertEqual(self.ledger(direct), self.ledger(offline))
        query = 'SELECT id, count(*) FROM public.witness GROUP BY 1 ORDER BY 1'
        self.assertEqual(self.cluster.query(direct, query), self.cluster.query(offline, query))
        self.assertEqual(self.cluster.query(direct, 'SELECT * FROM public.a ORDER BY 1'), self.cluster.query(offline, 'SELECT * FROM public.a ORDER BY 1'))
        self.db = offline
        self.assert_settled()
        self.assertEqual(self.names, self.applied())
        status = self.expect(0, 'status', '--format', 'json').json['databases'][0]
        self.assertEqual(('current', []), (status['state'], status['edited']))

        # And back, by psql again.
        back = self.expect(0, 'rollback', '--sql', 'heads:base', env={'DATABASE_URL': None}).out
        done = self.psql(back, offline)
        self.assertEqual((0, ''), (done.returncode, done.stderr), done.stdout)
        self.assertEqual([], self.applied())
        self.assertEqual([], self.tables())

    def test_in_two_parts(self):
        self.project_of_all_kinds()
        for part in ('c', 'c:f', 'f:heads'):
            done = self.psql(self.expect(0, 'apply', '--sql', part, env={'DATABASE_URL': None}).out, self.db)
            self.assertEqual((0, ''), (done.returncode, done.stderr), part)
        self.assertEqual(self.names, self.applied())
        self.assertEqual([1, 2, 3, 4, 5, 6, 7, 8], [row[0] for row in self.rows('SELECT ordinal FROM sqlmig.migration ORDER BY 1')])
        self.assert_settled()

    def test_twice_is_refused(self):
        self.project.step('a', witness=True).step('b')
        script = self.expect(0, 'apply', '--sql').out
        self.assertEqual(0, self.psql(script, self.db).returncode)
        done = self.psql(script, self.db)
        self.assertNotEqual(0, done.returncode)
        self.assert_applied('a', 'b')

    def test_failure_leaves_the_steps_before(self):
        self.project.step('a').step('b', 'CREATE TABLE public.b (i int);\nSELECT 1/0;\n').step('c')
        done = self.psql(self.expect(0, 'apply', '--sql').out, self.db)
        self.assertNotEqual(0, done.returncode)
        self.assert_applied('a')
        self.project.write_file('sql/b/up.sql', "INSERT INTO public.witness VALUES ('b');")
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')

    def test_refused_while_a_run_holds_the_lock(self):
        self.long_locks()
        self.project.step('a', self.GATE_SQL)
        script = self.expect(0, 'apply', '--sql').out
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            done = self.psql(script, self.db)
            self.assertNotEqual(0, done.returncode)
        self.assertEqual(0, runner.wait().code)
        self.assert_applied('a')


class EditedTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        self.project.step('c')

    def test_edited(self):
        self.project.write_file('sql/a/up.sql', 'CREATE TABLE public.a (i bigint);')
        result = self.expect_error(7, 'edited', 'apply')
        self.assertIn('a', result.err)
        self.assertIn('repair', result.err)
        self.assert_applied('a', 'b')
        self.assertEqual(['a'], self.expect(0, 'status', '--format', 'json').json['databases'][0]['edited'])

    def test_comment_and_layout_only(self):
        text = self.project.read_file('sql/a/up.sql')
        self.project.write_file('sql/a/up.sql', '\ufeff-- SPDX-License-Identifier: MIT\r\n' + text.replace('\n', '\r\n\r\n').replace(' (', '\t /* c */('))
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')

    def test_comment_inside_a_string_is_an_edit(self):
        self.project.step('d', "INSERT INTO public.witness VALUES ('x');", witness=False)
        self.expect(0, 'apply')
        self.project.step('e')
        self.project.write_file('sql/d/up.sql', "INSERT INTO public.witness VALUES ('x /* c */');")
        self.expect_error(7, 'edited', 'apply')

    def test_edited_down_is_not_an_edit(self):
        self.project.write_file('sql/a/down.sql', 'DROP TABLE IF EXISTS public.a;')
        self.expect(0, 'apply')

    def test_removed_file(self):
        os.unlink(self.project.path('sql/a/up.sql'))
        result = self.run_sqlmig('apply')
        self.assertIn(result.code, (3, 7), result)
        self.assert_applied('a', 'b')

    def test_nothing_to_do_reads_no_script(self):
        self.expect(0, 'apply')
        self.project.write_file('sql/a/up.sql', 'SELECT 1;')
        self.expect(0, 'apply')

    def test_redo_takes_the_new_text(self):
        self.expect(0, 'apply')
        self.project.write_file('sql/c/up.sql', "CREATE TABLE public.c (j text);INSERT INTO public.witness VALUES ('c2');")
        self.expect(0, 'redo')
        self.assertIn(('c', 'j text'), self.tables())
        self.assert_settled()


class PoliciesTest(harness.FaultTest):
    def late(self, policy):
        self.project.step('a').step('b', after=['a'])
        self.expect(0, 'apply')
        self.project.step('a2', after=['a'])
        # Before b in the manifest: merged below what is applied.
        self.project.steps = [self.project.steps[0], self.project.steps[2], self.project.steps[1]]
        if policy:
            self.project.head['defaults'] = {'late': policy}

    def test_late_is_allowed_and_told(self):
        self.late(None)
        result = self.expect(0, 'apply')
        self.assertIn('late', result.err)
        self.assert_applied('a', 'b', 'a2')

    def test_late_refused(self):
        self.late('refuse')
        self.expect_error(7, 'late', 'apply')
        self.assert_applied('a', 'b')

    def unknown(self, policy):
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        self.project.forget('b')
        self.project.step('c', after=['a'])
        if policy:
            self.project.head['defaults'] = {'unknown': policy}

    def test_unknown_is_allowed_and_told(self):
        self.unknown(None)
        result = self.expect(0, 'apply')
        self.assertIn('not in this checkout: b', result.err)
        self.assert_applied('a', 'b', 'c')

    def test_unknown_refused(self):
        self.unknown('refuse')
        self.expect_error(7, 'unknown', 'apply')
        self.assert_applied('a', 'b')

    def test_two_heads_refused(self):
        self.project.head['defaults'] = {'heads': 'single'}
        self.project.step('a').step('b', after=['a']).step('c', after=['a'])
        result = self.expect_error(3, 'heads', 'apply')
        self.assertIn('merge', result.err)
        self.assertEqual([], self.tables())


class StoredDownTest(harness.FaultTest):
    """An id that the checkout lacks is rolled back by the script that the ledger holds."""

    def test_rollback_of_an_unknown_id(self):
        down = "DROP TABLE public.b; -- ж '\\ $$\nCREATE TABLE public.was_here (i int);\n"
        self.project.step('a').step('b', down=down)
        self.expect(0, 'apply')
        self.project.forget('b')
        self.expect(0, 'rollback')
        self.assertEqual(['a'], self.applied())
        self.assertEqual(['a', 'was_here'], [row[0] for row in self.tables()])

    def test_error_in_a_stored_script(self):
        self.project.step('a').step('b', down='SELECT 1;\nSELECT 1/0;\n')
        self.expect(0, 'apply')
        self.project.forget('b')
        result = self.expect(6, 'rollback')
        self.assertIn('ledger:b/down.sql:2:1: ', result.err)
        self.assert_applied('a', 'b')

    def test_stored_non_transactional_script(self):
        self.project.step('a').step('b', 'CREATE INDEX b ON public.a (i);', 'DROP INDEX CONCURRENTLY public.b;', transaction={'up': True, 'down': False})
        self.expect(0, 'apply')
        self.project.forget('b')
        self.expect(0, 'rollback')
        self.assertEqual(['a'], self.applied())

    def test_the_checkouts_script_wins(self):
        self.project.step('a', down='SELECT 1/0;')
        self.expect(0, 'apply')
        self.project.write_file('sql/a/down.sql', 'DROP TABLE public.a;')
        self.expect(0, 'rollback')
        self.assertEqual([], self.tables())

    def test_password_is_not_stored(self):
        for number, sql in enumerate(("ALTER ROLE postgres PASSWORD 'holy-secret';", "DO $$ BEGIN EXECUTE 'ALTER USER postgres PASSWORD ''holy-secret'''; END $$;",
                                      '-- postgresql://app:holy-secret@host/db\n')):
            with self.subTest(sql):
                self.db = self.cluster.new_database()
                self.project.steps = []
                name = f's{number}'
                self.project.step(name, down='SELECT 1 WHERE false;\n' + sql)
                self.expect(0, 'apply')
                self.assertEqual([('secret', None)], self.rows('SELECT down_kind, down_script FROM sqlmig.migration'))
                for table in ('migration', 'event', 'run'):
                    self.assertEqual([], self.rows(f"SELECT 1 FROM sqlmig.{table} t WHERE t::text LIKE '%%holy-secret%%'"))
                shutil.rmtree(self.project.path('sql', name))
                self.project.steps = []
                result = self.run_sqlmig('rollback')
                self.assertIn(result.code, (3, 7), result)
                self.assert_no_secret(result, 'holy-secret')
                self.assertEqual([name], self.applied())

    def test_irreversible(self):
        self.project.step('a', down=False, irreversible='data is gone')
        self.expect(0, 'apply')
        result = self.expect_error(3, 'irreversible', 'rollback')
        self.assertIn('data is gone', result.err)
        self.assert_applied('a')


class ScopeTest(harness.FaultTest):
    def test_renamed_project(self):
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        self.project.head['project'] = 'renamed'
        for command in ('apply', 'status'):
            result = self.run_sqlmig(command)
            self.assertEqual(7, result.code, result)
            self.assertIn('faults/default', result.err)
            self.assertIn('--rename-scope', result.err)
        self.assert_applied('a', 'b')

    def test_another_project_in_the_same_database(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.head['project'] = 'other'
        self.project.steps = []
        self.project.step('z')
        self.expect(0, 'apply')
        self.assert_applied('a', 'z')
        self.assert_settled()
        self.expect(0, 'rollback')
        self.assertEqual(['a'], self.applied())

    def test_two_ledgers(self):
        self.project.step('a', witness=False)
        self.expect(0, 'apply')
        self.project.head['ledger'] = {'schema': 'my "ledger'}
        self.project.write_file('sql/a/up.sql', 'SELECT 1;')
        self.expect(0, 'apply')
        self.assertEqual([('a',)], self.rows('SELECT id FROM "my ""ledger".migration'))


if __name__ == '__main__':
    harness.main()
