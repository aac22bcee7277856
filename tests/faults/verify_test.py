"""verify leaves nothing behind, however it ends, and takes nothing that is not its own."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
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

    def server_objects(self):
        return self.cluster.query('postgres', 'SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles UNION ALL '
                                              'SELECT spcname FROM pg_tablespace ORDER BY 1')

    def test_databases_and_tablespaces_that_a_script_makes_are_gone(self):
        before = self.server_objects()
        place = tempfile.mkdtemp(prefix='sqlmig-tablespace')
        self.addCleanup(shutil.rmtree, place)
        os.chmod(place, 0o777)
        if os.getuid() == 0:
            shutil.chown(place, 'postgres')
        self.project.step('a', 'CREATE DATABASE made_by_a;\nCREATE ROLE made_role;\n',
                          'DROP DATABASE made_by_a;\nDROP ROLE made_role;\n', witness=False, transaction=False)
        self.project.step('b', f"CREATE TABLESPACE made_space LOCATION '{place}';\n", 'DROP TABLESPACE made_space;\n', witness=False,
                          transaction=False)
        self.project.step('c', 'CREATE TABLE c (i int) TABLESPACE made_space;\n', 'DROP TABLE c;\n', witness=False)
        self.project.step('d', 'CREATE TABLE d (i int);\n', 'SELECT 1;\n', after=['a'], witness=False)
        for jobs in ('1', '4'):
            result = self.verify('--jobs', jobs, code=1)
            self.assertIn('d: up and down do not restore', result.out)
            self.assertNotIn('made_', result.out)
            self.assertEqual(before, self.server_objects())
        # Also when a signal ends it.
        self.project.step('e', 'SELECT pg_sleep(60);\n', 'SELECT 1;\n', witness=False)
        runner = self.start_verify()
        self.at_sleep()
        self.assertNotEqual(before, self.server_objects())
        runner.signal(signal.SIGTERM)
        self.assertEqual(143, runner.wait().code)
        self.assertEqual(before, self.server_objects())

    def test_what_the_server_had_before_is_never_dropped(self):
        self.cluster.query('postgres', 'CREATE DATABASE kept')
        self.addCleanup(self.cluster.query, 'postgres', 'DROP DATABASE kept')
        self.cluster.query('postgres', 'CREATE ROLE kept_role')
        self.addCleanup(self.cluster.query, 'postgres', 'DROP ROLE kept_role')
        before = self.server_objects()
        settings = self.cluster.query('postgres', "SELECT name, setting FROM pg_file_settings WHERE sourcefile ~ 'auto.conf'")
        self.project.step('a', 'CREATE TABLE a (i int);\n', 'DROP TABLE a;\nDROP ROLE IF EXISTS kept_role;\n', witness=False,
                          transaction={'down': False})
        self.project.step('b', 'SELECT 1;\nDROP DATABASE IF EXISTS kept;\n', 'SELECT 1;\n', after=['a'], witness=False, transaction=False)
        self.project.step('c', 'DO $$ BEGIN DROP ROLE kept_role; END $$;\n', 'SELECT 1;\n', after=['a'], witness=False)
        self.project.step('d', "ALTER SYSTEM SET work_mem = '7MB';\n", 'ALTER SYSTEM RESET work_mem;\n', after=['a'], witness=False,
                          transaction=False)
        result = self.verify('--format', 'json', code=1)
        found = [(finding['migration'], finding['code'], finding['line']) for finding in
                 json.loads(result.out)['databases'][0]['findings']]
        self.assertEqual([('a', 'down_failed', 2), ('b', 'up_failed', 2), ('c', 'up_failed', 1), ('d', 'up_failed', 1)], found, result)
        for text in ('DROP ROLE kept_role is not run', 'DROP DATABASE kept is not run', 'ALTER SYSTEM is not run'):
            self.assertIn(text, result.out)
        self.assertEqual(before, self.server_objects())
        self.assertEqual(settings, self.cluster.query('postgres',
                                                      "SELECT name, setting FROM pg_file_settings WHERE sourcefile ~ 'auto.conf'"))

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
