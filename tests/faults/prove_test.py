"""A rollback that is proved: between what the script did and its COMMIT anything may happen, and one plain re-run ends
it."""

import itertools
import pathlib
import re
import signal

import harness

NAMES = itertools.count(1)


class ProveTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.project.step('a', witness=False)
        self.project.step('b', 'ALTER TABLE public.a ADD COLUMN b text;\n', 'ALTER TABLE public.a DROP COLUMN b;\n', witness=False)
        self.project.step('c', witness=False)
        shadow = f'proved{next(NAMES)}'
        self.cluster.query('postgres', f'CREATE DATABASE {shadow} TEMPLATE template0')
        self.addCleanup(self.cluster.query, 'postgres', f'DROP DATABASE {shadow} WITH (FORCE)')
        self.expect(0, 'verify', '--effects', '--shadow-url', self.cluster.url(shadow))

    def assert_undone(self):
        self.assertEqual([], self.tables())
        self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.migration'))
        self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.run WHERE ended_at IS NULL'))

    def test_killed_anywhere(self):
        points = re.findall(r'points: (.*)', self.expect(2, 'status', env={'SQLMIG_CRASH': 'x:kill'}).err)[0].split(', ')
        reached = set()
        for way in ([], ['--single-transaction']):
            arguments = ['rollback', 'base', '--prove', '--yes', *way]
            for point, number in itertools.product(points, (1, 2, 3)):
                with self.subTest(point=point, number=number, way=way):
                    if number > 1 and not point.startswith('step'):
                        continue
                    self.db = self.cluster.new_database()
                    self.expect(0, 'apply')
                    code = self.run_sqlmig(*arguments, env={'SQLMIG_CRASH': f'{point}@{number}:kill'}).code
                    if code == -signal.SIGKILL:
                        reached.add((point, number))
                        self.no_backends()
                        left = self.applied()
                        self.assertEqual('c' in left, ('c', 'i integer') in self.tables())
                        if left:
                            self.expect(0, *arguments)
                    else:
                        self.assertEqual(0, code)
                    self.expect(0, 'apply')
                    self.expect(0, *arguments)
                    self.assert_undone()
        self.assertLessEqual({('step_proved', 1), ('step_proved', 2), ('step_proved', 3)}, reached)

    def test_connection_lost_before_the_commit(self):
        """The server has taken the step back: it is run and proved again."""
        self.expect(0, 'apply')
        runner = self.start('rollback', 'base', '--prove', '--yes', env={'SQLMIG_CRASH': 'step_proved@2:delay=3000'})
        harness.eventually(lambda: self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND "
                                             "datname = %s AND query LIKE 'ROLLBACK TO SAVEPOINT%%'", self.db) and self.applied() == ['a', 'b'],
                           'the second step waits for its COMMIT')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('connecting again', result.err)
        self.assert_undone()

    def test_signal_before_the_commit(self):
        self.expect(0, 'apply')
        runner = self.start('rollback', '--prove', env={'SQLMIG_CRASH': 'step_begin:stop'})
        stat = pathlib.Path(f'/proc/{runner.process.pid}/stat')
        harness.eventually(lambda: stat.read_text(encoding='utf-8').split()[2] == 'T', 'it has stopped')
        runner.signal(signal.SIGTERM)
        runner.signal(signal.SIGCONT)
        self.assertEqual(143, runner.wait().code)
        # On a busy machine the script may be done before the server is told to cancel it: then it is proved and recorded.
        self.assertIn(self.applied(), (['a', 'b', 'c'], ['a', 'b']))
        self.expect(0, 'rollback', 'base', '--prove', '--yes')
        self.assert_undone()

    def test_effects_of_another_major_version(self):
        """They are never held against definitions that another server has written."""
        self.expect(0, 'apply')
        text = self.project.read_file('migrations.effects.json')
        self.project.write_file('migrations.effects.json', re.sub(r'"server_major": \d+', '"server_major": 9', text))
        result = self.expect_error(3, 'unproved', 'rollback', '--prove')
        self.assertIn('c did was kept from PostgreSQL 9, and this server is', result.err)
        self.assertEqual(['a', 'b', 'c'], self.applied())
        # Of one of several steps: before the first of them.
        self.project.write_file('migrations.effects.json', re.sub(r'("server_major": )\d+', r'\g<1>9', text, count=1))
        for plan in ([], ['--dry-run']):
            result = self.expect_error(3, 'unproved', 'rollback', 'base', '--prove', '--yes', *plan)
            self.assertIn('a did was kept from PostgreSQL 9, and this server is', result.err)
            self.assertEqual(['a', 'b', 'c'], self.applied())
        self.project.write_file('migrations.effects.json', re.sub(r'"server_major": \d+', '"server_major": 9', text))
        result = self.expect(0, 'rollback')
        self.assertIn('what c has left could not be compared: what c did was kept from PostgreSQL 9', result.err)
        self.assertEqual(['a', 'b'], self.applied())

    def test_wrong_in_one_transaction(self):
        """The last of them takes all of them with it."""
        self.expect(0, 'apply')
        self.rows('CREATE VIEW public.v AS SELECT 1 AS i; CREATE TABLE public.extra (i int)')
        text = self.project.read_file('migrations.effects.json')
        self.project.write_file('migrations.effects.json', text.replace('"public.a"', '"public.extra"'))
        tables = self.tables()
        for way in ([], ['--single-transaction']):
            self.expect_error(6, 'not_restored', 'rollback', 'base', '--prove', '--yes', *way)
            self.assertEqual(['a'] if not way else ['a', 'b', 'c'], self.applied())
            self.expect(0, 'apply')
            self.assertEqual(tables, self.tables())
        self.assertTrue(self.lock_is_free())

    def test_schema_that_cannot_be_read(self):
        """With a proof the step is taken back; without one it is no matter."""
        self.expect(0, 'apply')
        self.rows('CREATE VIEW public.v AS SELECT 1 AS i')
        with self.cluster.connect(self.db) as holder:
            with holder.cursor() as cursor:
                cursor.execute('BEGIN; LOCK TABLE public.v IN ACCESS EXCLUSIVE MODE')
            self.project.head['defaults'] = {'lock_deadline': '1s', 'lock_timeout': '200ms'}
            self.expect_error(5, 'lock_timeout', 'rollback', '--prove')
            self.assertEqual(['a', 'b', 'c'], self.applied())
            result = self.expect(0, 'rollback')
            self.assertIn('could not be compared', result.err)
        holder.close()


if __name__ == '__main__':
    harness.main()
