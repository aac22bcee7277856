"""verify leaves nothing behind, however it ends, and takes nothing that is not its own."""

import itertools
import json
import os
import signal
import subprocess
import time

import harness

NAMES = itertools.count(1)


class VerifyTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.shadow = f'shadow{next(NAMES)}'
        self.cluster.query('postgres', f'CREATE DATABASE {self.shadow} TEMPLATE template0')
        self.addCleanup(self.cluster.query, 'postgres', f'DROP DATABASE {self.shadow} WITH (FORCE)')

    def verify(self, *arguments, code=0, **options):
        return self.expect(code, 'verify', '--shadow-url', self.cluster.url(self.shadow), *arguments, **options)

    def start_verify(self, *arguments):
        return self.start('verify', '--shadow-url', self.cluster.url(self.shadow), *arguments)

    def sleeper(self):
        self.project.step('a', witness=False).step('b', 'SELECT pg_sleep(60);\n', 'SELECT 1;\n', witness=False)

    def at_sleep(self):
        harness.eventually(lambda: self.cluster.query(
            'postgres', "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname LIKE 'sqlmig_verify%%'"),
                           'the script sleeps')

    def test_a_signal_drops_what_was_made(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.sleeper()
                runner = self.start_verify('--jobs', '2')
                self.at_sleep()
                runner.signal(number)
                start = time.monotonic()
                result = runner.wait()
                self.assertEqual(128 + number, result.code, result)
                self.assertLess(time.monotonic() - start, 8)
                self.assertEqual([], self.scratch())
                self.project.steps = []

    def test_the_next_run_drops_what_a_killed_one_left_and_not_what_a_living_one_has(self):
        self.sleeper()
        living = self.start_verify('--jobs', '1')
        self.at_sleep()
        kept = self.scratch()
        killed = self.start_verify('--jobs', '1')
        harness.eventually(lambda: len(self.scratch()) == 2 * len(kept), 'the second has made its own', timeout=60)
        killed.kill()
        killed.wait()
        left = set(self.scratch()) - set(kept)
        self.assertTrue(left)
        # Its session may still be ending.
        harness.eventually(lambda: self.cluster.query(
            'postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1936553574")[0][0] == 1,
                           'the lock of the killed one is gone')
        self.project.steps = []
        self.project.step('c', witness=False)
        self.verify()
        self.assertEqual(kept, self.scratch())
        living.signal(signal.SIGINT)
        living.wait()
        self.assertEqual([], self.scratch())

    def test_a_connection_that_is_lost(self):
        self.sleeper()
        runner = self.start_verify()
        self.at_sleep()
        self.cluster.query('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                       "WHERE wait_event = 'PgSleep' AND datname LIKE 'sqlmig_verify%%'")
        result = runner.wait()
        self.assertEqual(4, result.code, result)
        self.assertEqual([], self.scratch())

    def test_a_lost_maintenance_session_is_made_again_to_drop(self):
        self.sleeper()
        runner = self.start_verify()
        self.at_sleep()
        self.cluster.query('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s', self.shadow)
        runner.signal(signal.SIGTERM)
        result = runner.wait()
        self.assertEqual(143, result.code, result)
        self.assertEqual([], self.scratch())

    def test_without_the_right_to_make_databases(self):
        self.cluster.query('postgres', "CREATE ROLE plain LOGIN PASSWORD 'plain-secret'")
        self.addCleanup(self.cluster.query, 'postgres', 'DROP ROLE plain')
        self.project.step('a', witness=False)
        result = self.expect(2, 'verify', '--shadow-url', self.cluster.url(self.shadow, user='plain', password='plain-secret'))
        self.assertIn("the role plain may not make scratch databases", result.err)
        self.assertIn('ALTER ROLE "plain" CREATEDB', result.err)
        self.assert_no_secret(result, 'plain-secret')

    def test_as_a_role_that_is_no_superuser(self):
        self.cluster.query('postgres', "CREATE ROLE maker LOGIN CREATEDB PASSWORD 'maker-secret'")
        self.addCleanup(self.cluster.query, 'postgres', 'DROP ROLE maker')
        self.project.step('a', 'CREATE TABLE a (i int);\n', 'DROP TABLE a;\n', witness=False)
        self.cluster.query('postgres', f'ALTER DATABASE {self.shadow} OWNER TO maker')
        self.expect(0, 'verify', '--shadow-url', self.cluster.url(self.shadow, user='maker', password='maker-secret'))
        self.cluster.query('postgres', f'ALTER DATABASE {self.shadow} OWNER TO postgres')
        self.assertEqual([], self.scratch())

    def test_roles_that_a_script_makes_are_gone_with_the_database(self):
        self.project.step('a', 'CREATE ROLE made_by_a;\nCREATE TABLE a (i int);\nGRANT SELECT ON a TO made_by_a;\n',
                          'DROP TABLE a;\nDROP ROLE made_by_a;\n', witness=False)
        self.project.step('b', 'CREATE TABLE b (i int);\nGRANT SELECT ON a TO made_by_a;\n', 'DROP TABLE b;\n', after=['a'],
                          witness=False)
        self.project.step('c', 'CREATE TABLE c (i int);\nGRANT SELECT ON c TO made_by_a;\n', 'DROP TABLE c;\n', after=['a'],
                          witness=False)
        for _ in range(2):
            self.verify('--jobs', '4')
            self.assertEqual([], self.cluster.query('postgres', "SELECT 1 FROM pg_roles WHERE rolname = 'made_by_a'"))

    def test_settings_of_the_database_are_in_its_copies(self):
        """Which are made for what runs without a transaction."""
        def change(what):
            return f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {what}', current_database()); END $$;\n"
        self.project.step('a', 'CREATE TABLE a (i int);\n' + change("SET work_mem = ''9MB''")
                          + change('SET search_path = "$user", public, "A b"'), change('RESET ALL') + 'DROP TABLE a;\n', witness=False)
        self.project.step('b', 'CREATE INDEX CONCURRENTLY b ON a (i);\n', 'DROP INDEX CONCURRENTLY b;\n', witness=False,
                          transaction=False)
        self.verify()

    def git(self, *arguments):
        env = {'PATH': os.environ['PATH'], 'HOME': self.project.folder, 'GIT_CONFIG_NOSYSTEM': '1', 'GIT_AUTHOR_NAME': 'a',
               'GIT_AUTHOR_EMAIL': 'a@b', 'GIT_COMMITTER_NAME': 'a', 'GIT_COMMITTER_EMAIL': 'a@b'}
        subprocess.run(['git', *arguments], cwd=self.project.folder, env=env, check=True, capture_output=True)

    def test_the_base_is_a_commit(self):
        self.project.step('a', witness=False).step('b', witness=False)
        self.project.write()
        self.git('init', '-b', 'main', '.')
        self.git('add', 'migrations.yaml')
        self.git('commit', '-m', 'base')
        self.project.step('c', witness=False)
        for base, proved in (('main', 1), ('HEAD', 1), ('migrations.yaml', 0)):
            with self.subTest(base):
                result = self.verify('--base', base, '--format', 'json')
                database = json.loads(result.out)['databases'][0]
                self.assertEqual(proved, len(database['migrations']), result)
                self.assertEqual(3 - proved, database['in_base'], result)
        result = self.verify('--base', 'main~5', code=2)
        self.assertIn('git says: fatal: ', result.err)
        # Not an option of git's, not a command of a shell's.
        for base in ('--output=stolen', '$(touch stolen)', 'main;touch stolen'):
            self.verify(f'--base={base}', code=2)
        self.assertFalse(os.path.exists(self.project.path('stolen')))

    def test_a_role_that_is_there_already_is_explained(self):
        self.cluster.query('postgres', 'CREATE ROLE there_already')
        self.addCleanup(self.cluster.query, 'postgres', 'DROP ROLE there_already')
        self.project.step('a', 'CREATE ROLE there_already;\n', 'DROP ROLE there_already;\n', witness=False)
        result = self.verify(code=1)
        self.assertIn('[up_failed]', result.out)
        self.assertIn('roles belong to the whole server', result.out)


if __name__ == '__main__':
    harness.main()
