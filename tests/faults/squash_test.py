"""squash writes all of it or nothing, and leaves nothing on the server; a database that meets it half way stays whole."""

import itertools
import os
import signal

import harness

NAMES = itertools.count(1)
SLEEPS = ("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname LIKE 'sqlmig_verify%%'")
# Long where the test stops it, short in later runs.
SLEEP = "SELECT pg_sleep(coalesce(current_setting('squash_test.sleep', true), '0')::float8);\n"


class SquashTest(harness.FaultTest):
    """From the middle: no pg_dump of the server's version is needed for the new script."""

    def setUp(self):
        super().setUp()
        self.shadow = f'squash_shadow{next(NAMES)}'
        self.cluster.query('postgres', f'CREATE DATABASE {self.shadow} TEMPLATE template0')
        self.addCleanup(self.cluster.query, 'postgres', f'DROP DATABASE {self.shadow} WITH (FORCE)')
        self.project.step('a', 'CREATE TABLE a (i int);\n', 'DROP TABLE a;\n', witness=False)
        self.project.step('b', 'CREATE TABLE b (i int);\n' + SLEEP, 'DROP TABLE b;\n', witness=False)
        self.project.step('c', 'ALTER TABLE b ADD j int;\nINSERT INTO b VALUES (1, 2);\n', 'ALTER TABLE b DROP j;\n', witness=False)
        self.project.step('d', 'CREATE TABLE d (i int);\n', 'DROP TABLE d;\n', witness=False)
        self.project.write()
        self.before = self.files()

    def files(self):
        """Path and contents of all that the project has, but for logs."""
        found = {}
        for folder, _, names in os.walk(self.project.folder):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.project.folder)
                if not name.endswith(('.log', '.lock')):
                    found[path] = self.project.read_file(path)
        return found

    def arguments(self):
        return ('squash', 'b..c', '--id', 'bc', '--shadow-url', self.cluster.url(self.shadow))

    def start_squash(self, seconds=60):
        runner = self.start(*self.arguments(), env={'PGOPTIONS': f'-c squash_test.sleep={seconds}'}, write=False)
        harness.eventually(lambda: self.cluster.query('postgres', SLEEPS), 'a script sleeps')
        return runner

    def assert_nothing_written(self):
        self.assertEqual(self.before, self.files())

    def assert_squashes(self):
        self.expect(0, *self.arguments(), write=False)
        files = self.files()
        self.assertIn('replaces: [b, c]', files['migrations.yaml'])
        self.assertIn('sql/bc/up.sql', files)
        self.assertNotIn('sql/b/up.sql', files)
        self.assertEqual([], self.scratch())

    def test_killed_while_it_proves(self):
        runner = self.start_squash()
        runner.kill()
        runner.wait()
        self.assert_nothing_written()
        self.assertTrue(self.scratch())
        harness.eventually(lambda: not self.cluster.query(
            'postgres', "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1936553574"), 'its lock is gone')
        self.assert_squashes()

    def test_a_signal_while_it_proves(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                runner = self.start_squash()
                runner.signal(number)
                self.assertEqual(128 + number, runner.wait().code)
                self.assert_nothing_written()
                self.assertEqual([], self.scratch())
        self.assert_squashes()

    def test_a_connection_that_is_lost(self):
        runner = self.start_squash()
        self.cluster.query('postgres', f'SELECT pg_terminate_backend(pid) FROM ({SLEEPS}) s')
        self.assertEqual(4, runner.wait().code)
        self.assert_nothing_written()
        self.assertEqual([], self.scratch())
        self.assert_squashes()

    def test_the_manifest_changes_meanwhile(self):
        runner = self.start_squash(seconds=2)
        changed = self.before['migrations.yaml'] + '# a line of somebody else\n'
        self.project.write_file('migrations.yaml', changed)
        result = runner.wait()
        self.assertEqual(3, result.code, result)
        self.assertIn('changed while the squash was being made', result.err)
        self.before['migrations.yaml'] = changed
        self.assert_nothing_written()

    def test_the_new_script_is_there_already(self):
        self.project.write_file('sql/bc/up.sql', '-- of somebody else\n')
        self.before = self.files()
        result = self.run_sqlmig(*self.arguments(), write=False)
        self.assertNotIn(result.code, (0, 134, 139), result)
        self.assertIn('sql/bc/up.sql', result.err)
        self.assert_nothing_written()

    def test_the_manifest_cannot_be_written(self):
        os.chmod(self.project.folder, 0o555)  # another file cannot be put in the manifest's place
        os.chmod(self.project.path('sql'), 0o777)
        self.addCleanup(os.chmod, self.project.folder, 0o777)
        result = self.run_sqlmig(*self.arguments(), '--log-file', 'off', demote=True, write=False)
        self.assertNotIn(result.code, (0, 134, 139), result)
        self.assert_nothing_written()


class SquashInDatabasesTest(harness.FaultTest):
    """The new checkout beside the old one."""

    def setUp(self):
        super().setUp()
        self.long_locks()
        self.chain()

    def chain(self, up_of_b=None):
        self.project.steps = []
        self.project.step('a').step('b', up_of_b).step('c').step('d')
        self.old = list(self.project.steps)

    def squashed(self):
        """The checkout after the release: bc in the place of b and c."""
        self.project.steps = []
        self.project.step('a')
        self.project.step('bc', 'CREATE TABLE public.b (i integer PRIMARY KEY);\nCREATE TABLE public.c (i integer PRIMARY KEY);\n'
                          "INSERT INTO public.witness VALUES ('b'), ('c');\n", False, witness=False, replaces=['b', 'c'],
                          irreversible='a squash')
        self.project.step('d', after=['bc'])

    def test_the_old_release_is_at_work(self):
        """The new one waits for the lock, and then has nothing to do: what it had planned before is planned again."""
        self.chain(up_of_b=self.GATE_SQL + 'CREATE TABLE public.b (i integer PRIMARY KEY);\n')
        with self.gate():
            first = self.start('apply')
            self.at_gate()
            self.squashed()
            second = self.start('apply')
            harness.eventually(lambda: 'waiting' in second.said() or second.process.poll() is not None, 'the second one waits')
        self.assertEqual(0, first.wait().code)
        result = second.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual(['a', 'b', 'c', 'd'], self.applied())
        self.assertEqual(['a', 'b', 'c', 'd'], sorted(self.witnesses()))

    def test_the_old_release_was_killed_half_way(self):
        self.expect(0, 'apply', 'b')
        before = self.rows('SELECT * FROM sqlmig.migration ORDER BY ordinal')
        self.squashed()
        result = self.expect(7, 'apply')
        self.assertIn('c', result.err)
        self.assertEqual(before, self.rows('SELECT * FROM sqlmig.migration ORDER BY ordinal'))
        self.assertEqual(['a', 'b'], sorted(self.witnesses()))
        self.project.steps = self.old
        self.expect(0, 'apply', 'c')
        self.squashed()
        self.expect(0, 'apply')
        self.assertEqual(['a', 'b', 'c', 'd'], sorted(self.witnesses()))
        self.assertIn('nothing to do', self.expect(0, 'apply').out)

    def test_half_way_nobody_can_tell_what_the_schema_should_be(self):
        self.expect(0, 'apply', 'b')
        self.squashed()
        commands = [['drift', '--shadow-url', self.cluster.url('template1')], ['dump']]
        if harness.pg_dump()[0] < self.cluster.version // 10000:  # refused before anything is read
            self.expect_error(3, 'server_version', *commands.pop())
        for command in commands:
            with self.subTest(command[0]):
                result = self.expect_error(7, 'ledger', *command)
                self.assertIn("'bc' replaces 2 migrations, and the database has only 1 of them; it lacks c", result.err)

    def killed_within_the_squash(self, point, done):
        self.squashed()
        self.expect(0, 'apply', 'a')
        result = self.run_sqlmig('apply', env={'SQLMIG_CRASH': f'{point}:kill'})
        self.assertEqual(-signal.SIGKILL, result.code, result)
        self.no_backends()
        self.assertEqual(['a', 'bc'] if done else ['a'], self.applied())
        self.assertEqual(['a', 'b', 'c'] if done else ['a'], sorted(self.witnesses()))
        self.expect(0, 'apply')
        self.assertEqual(['a', 'b', 'c', 'd'], sorted(self.witnesses()))
        self.assertEqual(['a', 'bc', 'd'], self.applied())

    def test_killed_before_the_squash_is_sent(self):
        self.killed_within_the_squash('step_begin', False)

    def test_killed_when_the_squash_was_answered(self):
        self.killed_within_the_squash('step_answered', True)

    def test_killed_when_the_squash_is_done(self):
        self.killed_within_the_squash('step_done', True)

    def test_two_at_once(self):
        self.squashed()
        runners = [self.start('apply') for _ in range(3)]
        for runner in runners:
            self.assertEqual(0, runner.wait().code)
        self.assertEqual(['a', 'bc', 'd'], self.applied())
        self.assertEqual(['a', 'b', 'c', 'd'], sorted(self.witnesses()))

    def test_killed_while_the_squash_is_stamped(self):
        """Its own row is written once, whenever the program ends."""
        self.expect(0, 'apply')
        self.squashed()
        killed = 0
        for message in range(1, 20):
            result = self.run_sqlmig('stamp', 'current', '--yes', env={'SQLMIG_CRASH': f'message_sent@{message}:kill'})
            self.no_backends()
            self.assertLessEqual(self.applied().count('bc'), 1)
            if result.code == 0:
                break
            self.assertEqual(-signal.SIGKILL, result.code, result)
            killed += 1
        self.assertGreater(killed, 0)
        self.assertEqual(1, self.applied().count('bc'))
        self.assertIn('nothing to do', self.expect(0, 'apply').out)


if __name__ == '__main__':
    harness.main()
