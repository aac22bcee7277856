"""What a step without a transaction has when it goes on in another session, and what it must not lose or do twice."""

import contextlib
import signal
import time

import harness


class ResumeTest(harness.FaultTest):
    def die(self, point, *arguments):
        self.assertEqual(-signal.SIGKILL, self.run_sqlmig('apply', *arguments, env={'SQLMIG_CRASH': point + ':kill'}).code)
        self.no_backends()

    def script(self, sql, **keys):
        self.project.steps = []
        self.project.step('n', sql, witness=False, transaction=False, **keys)

    SCHEMAS = 'CREATE TABLE public.t (i int); CREATE SCHEMA app; CREATE TABLE app.t (i int)'

    def test_settings_of_a_block_come_back(self):
        self.rows(self.SCHEMAS)
        self.script('BEGIN;\nSET LOCAL search_path = public;\nSET search_path = app;\nINSERT INTO app.t VALUES (1);\nSAVEPOINT s;\n'
                    'SET search_path = public;\nROLLBACK TO s;\nCOMMIT;\nINSERT INTO t VALUES (2);\n')
        self.die('unit_done@1')
        self.expect(0, 'apply')
        self.assertEqual([(1,), (2,)], self.rows('SELECT i FROM app.t ORDER BY 1'))
        self.assertEqual([], self.rows('SELECT i FROM public.t'))

    def test_settings_of_a_block_come_back_after_a_lost_connection(self):
        self.rows(self.SCHEMAS)
        self.script('BEGIN;\nSET search_path = app;\nINSERT INTO t VALUES (1);\nCOMMIT;\nSELECT pg_sleep(3);\nINSERT INTO t VALUES (2);\n')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s",
                                             self.db), 'it sleeps')
        self.assertEqual(0, runner.wait().code)
        self.assertEqual([(1,), (2,)], self.rows('SELECT i FROM app.t ORDER BY 1'))
        self.assertEqual([], self.rows('SELECT i FROM public.t'))

    def test_a_setting_that_was_taken_back_need_not_be_possible_any_more(self):
        self.rows(self.SCHEMAS)
        self.script('CREATE ROLE passing;\nSET ROLE passing;\nRESET ROLE;\nDROP ROLE passing;\nINSERT INTO public.t VALUES (1);\n')
        self.die('unit_done@4')
        self.expect(0, 'apply')
        self.assertEqual([(1,)], self.rows('SELECT count(*) FROM public.t'))

    def test_what_another_session_cannot_have_is_refused(self):
        self.rows(self.SCHEMAS)
        for first in ("SELECT set_config('search_path', s, false) FROM (VALUES ('app')) x (s);", 'DO $$ BEGIN SET search_path = app; END $$;',
                      'CREATE TEMP TABLE t AS SELECT 1;', 'PREPARE p AS SELECT 1;\nEXECUTE p;'):
            with self.subTest(first):
                self.script(first + '\nINSERT INTO t VALUES (2);\n')
                result = self.expect(3, 'apply')
                self.assertIn('in another session', result.err)
                self.assertIn('sql/n/up.sql:', result.err)
                self.assertEqual([], self.applied())

    def test_a_comment_does_not_make_a_body_run_twice(self):
        self.rows('CREATE TABLE public.t (i int)')
        for body in ('BEGIN -- each commit\n INSERT INTO public.t VALUES (1); END', "BEGIN INSERT INTO public.t VALUES (1); RAISE NOTICE '; commit;'; END"):
            with self.subTest(body):
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; TRUNCATE public.t')
                self.script(f'DO $$ {body} $$;\nSELECT 1;\n')
                self.run_sqlmig('apply', env={'SQLMIG_CRASH': 'unit_unrecorded:kill'})
                self.no_backends()
                self.expect(0, 'apply')
                self.assertEqual([(1,)], self.rows('SELECT count(*) FROM public.t'))

    def waits_for_a_reader(self, seconds, code):
        """A build that has to wait so long for an older transaction."""
        with contextlib.closing(self.cluster.connect(self.db)) as other:
            other.cursor().execute('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.t')
            runner = self.start('apply')
            time.sleep(seconds)
            other.cursor().execute('ROLLBACK')
            result = runner.wait()
        self.assertEqual(code, result.code, result)
        return result

    def indexes(self):
        return self.rows("SELECT c.relname::text, x.indisvalid FROM pg_index x JOIN pg_class c ON c.oid = indexrelid "
                         "WHERE indrelid = 'public.t'::regclass ORDER BY 1")

    def test_a_comment_is_no_lock_timeout(self):
        self.rows('CREATE TABLE public.t (i int)')
        self.project.head['defaults'] = {'lock_timeout': '300ms'}
        self.script('SELECT 1; -- lock_timeout is left alone\nCREATE INDEX CONCURRENTLY /* no lock_timeout */ i ON public.t (i);\n')
        self.waits_for_a_reader(2, 0)
        self.assertEqual([('i', True)], self.indexes())

    def test_the_scripts_own_lock_timeout_counts(self):
        self.rows('CREATE TABLE public.t (i int)')
        self.script("SET lock_timeout = '300ms';\nCREATE INDEX CONCURRENTLY i ON public.t (i);\n")
        self.assertIn('canceling statement due to lock timeout (55P03)', self.waits_for_a_reader(2, 0).err)
        self.assertEqual([('i', True)], self.indexes())

    def test_comments_that_nest_too_deep_are_not_sent(self):
        start = time.monotonic()
        self.project.step('a', '/*' * 40000 + '*/' * 40000 + '\nSELECT 1;\n')
        result = self.expect(3, 'apply')
        self.assertIn('sql/a/up.sql:1:1', result.err)
        self.assertLess(time.monotonic() - start, 10)
        self.project.step('a', '/*' * 4000 + '*/' * 4000 + '\nSELECT 1;\n')
        self.project.steps = self.project.steps[-1:]
        self.project.steps[0]['depends_on'] = []
        self.assertIn('not parsed', self.expect(0, 'check').out)
        self.assertIn('not parsed, the server will judge it', self.expect(0, 'apply').err)

    def test_statement_timeout_of_the_defaults_ends_no_build(self):
        self.rows('CREATE TABLE public.t (i int)')
        self.project.head['defaults'] = {'statement_timeout': '700ms'}
        self.script('CREATE INDEX CONCURRENTLY i ON public.t (i);\nSELECT 1;\n')
        self.waits_for_a_reader(2.5, 0)
        self.assertEqual([('i', True)], self.indexes())
        self.script('CREATE INDEX CONCURRENTLY j ON public.t (i);\nSELECT pg_sleep(2);\n')
        self.rows('DROP SCHEMA sqlmig CASCADE')
        self.assertIn('statement timeout', self.expect(6, 'apply').err)  # it is there again for the others

    def test_statement_timeout_of_the_migration_ends_a_build_but_not_its_clean_up(self):
        self.rows('CREATE TABLE public.t (i int)')
        for sql, keys in (('', {'statement_timeout': '700ms'}), ("SET statement_timeout = '700ms';\n", {})):
            with self.subTest(sql):
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE')
                self.script(sql + 'CREATE INDEX CONCURRENTLY i ON public.t (i);\n', **keys)
                result = self.waits_for_a_reader(3, 6)
                self.assertIn('statement timeout', result.err)
                self.assertNotIn('could not be taken away', result.err)
                self.assertEqual([], self.indexes())

    def test_a_statement_that_was_begun_was_edited(self):
        self.rows('CREATE TABLE public.t (a int, b int)')
        for number in (1, 2):
            with self.subTest(number):
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP INDEX IF EXISTS public.i')
                before = 'SELECT 1;\n' * (number - 1)
                self.script(before + 'CREATE INDEX CONCURRENTLY i ON public.t (a);\n')
                self.die('unit_unrecorded')
                for other in ('CREATE INDEX CONCURRENTLY j ON public.t (b);\n', ''):
                    self.script(before + other)
                    result = self.expect_error(7, 'edited', 'apply')
                    self.assertIn(f'statement {number} of n was begun and has perhaps run, and was changed since', result.err)
                    self.assertIn('bring it back as it was', result.err)
                self.assertEqual([('i', True)], self.indexes())
                self.script(before + '-- as before\nCREATE INDEX CONCURRENTLY i\n  ON public.t (a);\nSELECT 2;\n')
                self.expect(0, 'apply')
                self.assertEqual([('i', True)], self.indexes())
                self.assert_settled()

    def test_a_statement_that_has_failed_may_be_edited(self):
        self.rows('CREATE TABLE public.t AS SELECT 1 AS a, 2 AS b UNION ALL SELECT 1, 3')
        self.script('SELECT 1;\nCREATE UNIQUE INDEX CONCURRENTLY i ON public.t (a);\n')
        self.expect(6, 'apply')
        self.script('SELECT 1;\nCREATE UNIQUE INDEX CONCURRENTLY i ON public.t (b);\n')
        self.expect(0, 'apply')
        self.assertEqual([('i', True)], self.indexes())
        self.assertEqual(['n'], self.applied())


if __name__ == '__main__':
    harness.main()
