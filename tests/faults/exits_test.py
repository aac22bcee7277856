"""Every exit status, with the error's code in JSON. (9 is tested with lost connections, 143 and 130 with signals, too.)"""

import resource
import signal

import harness


class ExitTest(harness.FaultTest):
    def test_0_done_and_nothing_to_do(self):
        self.project.step('a')
        self.assertIn('1 migration applied', self.expect(0, 'apply').out)
        self.assertIn('nothing to do', self.expect(0, 'apply').out)
        self.assertEqual(1, self.rows('SELECT count(*) FROM sqlmig.run')[0][0])
        self.expect(0, 'rollback')
        self.expect(0, '--version')
        self.expect(0, 'apply', '--help')

    def test_0_dry_run_writes_nothing(self):
        self.project.step('a')
        self.expect(0, 'apply', '--dry-run')
        self.expect(0, 'plan')
        self.expect(0, 'status')
        self.assertEqual([(None,)], self.rows("SELECT to_regclass('sqlmig.migration')"))

    def test_1_pending(self):
        self.project.step('a')
        self.expect(1, 'status', '--exit-code')
        self.expect(0, 'apply')
        self.expect(0, 'status', '--exit-code')

    def test_2_usage(self):
        self.project.step('a').step('b')
        self.expect_error(2, 'usage', 'apply', '--no-such-option')
        self.expect(2, 'no-such-command')
        self.expect(2)
        self.expect_error(2, 'usage', 'apply', '--lock-wait=soon')
        self.expect_error(2, 'usage', '-d', 'nothing', 'apply')

    def test_2_needs_a_yes(self):
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        result = self.expect_error(2, 'confirmation_needed', 'rollback', 'base')
        self.assertIn('b', result.err)  # the plan is shown
        self.assert_applied('a', 'b')
        self.expect(0, 'rollback', 'base', '--yes')
        self.assertEqual([], self.applied())

    def test_3_input(self):
        self.project.step('a')
        self.expect_error(3, 'target', 'apply', 'nothing')
        self.project.step('b', after=['c'])
        self.project.step('c', after=['b'])
        self.expect_error(3, 'graph', 'apply')
        self.project.steps = self.project.steps[:1]
        self.project.step('d', requires_server='>=99')
        self.expect_error(3, 'server_version', 'apply')
        self.project.head['nonsense'] = 1
        self.expect_error(3, 'manifest', 'apply')
        self.assertEqual([(None,)], self.rows("SELECT to_regclass('sqlmig.migration')"))

    def test_4_no_connection(self):
        self.project.step('a')
        result = self.expect_error(4, 'connection', 'apply', env={'DATABASE_URL': self.cluster.url('nowhere')})
        self.assertIn('nowhere', result.err)

    def test_5_lock(self):
        self.project.head['defaults'] = {'lock_timeout': '100ms', 'lock_deadline': '500ms'}
        self.project.step('a', 'LOCK TABLE public.witness;')
        holder = self.cluster.connect(self.db)
        holder.autocommit = False
        holder.cursor().execute('LOCK TABLE public.witness')
        self.expect_error(5, 'lock_timeout', 'apply')
        holder.close()

    def test_6_sql(self):
        self.project.step('a').step('b', 'SELECT 1/0;').step('c')
        result = self.expect_error(6, 'sql', 'apply')
        database = result.json['databases'][0]
        self.assertEqual(['a'], [step['id'] for step in database['steps']])
        self.assertEqual('b', database['failed']['id'])
        self.assert_applied('a')
        self.assertEqual([('failed', '22012')], self.rows("SELECT kind, sqlstate FROM sqlmig.event WHERE migration = 'b'"))
        self.project.write_file('sql/b/up.sql', "INSERT INTO public.witness VALUES ('b');")
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')

    def test_7_frozen_plan_is_stale(self):
        self.project.step('a').step('b')
        self.expect(0, 'plan', '--out', 'plan.json')
        self.expect(0, 'apply', '+1')
        self.expect_error(7, 'stale_plan', 'apply', '--plan', 'plan.json')
        self.assert_applied('a')

    def test_7_frozen_plan_with_another_text(self):
        self.project.step('a')
        self.expect(0, 'plan', '--out', 'plan.json')
        self.project.write_file('sql/a/up.sql', 'CREATE TABLE public.evil (i int);')
        self.expect_error(7, 'stale_plan', 'apply', '--plan', 'plan.json')
        self.assertEqual([], self.tables())

    def test_frozen_plan(self):
        self.project.step('a')
        self.expect(0, 'plan', '--out', 'plan.json')
        self.expect(0, 'apply', '--plan', 'plan.json')
        self.assert_applied('a')

    def test_8_some_of_several_failed(self):
        other = self.cluster.new_database()
        migrations = [{'id': 'a', 'depends_on': []}]
        self.project.databases = {'one': {'directory': 'sql', 'migrations': migrations}, 'two': {'directory': 'sql', 'migrations': migrations}}
        self.project.write_file('sql/a/up.sql', 'CREATE TABLE public.a (i int);')
        self.project.write_file('sql/a/down.sql', 'DROP TABLE public.a;')
        self.rows('CREATE TABLE public.a (i int)')
        result = self.expect(8, 'apply', env={'DATABASE_URL': None, 'SQLMIG_ONE_URL': self.cluster.url(self.db),
                                              'SQLMIG_TWO_URL': self.cluster.url(other)})
        self.assertIn('42P07', result.err)
        self.assertEqual([('a',)], self.cluster.query(other, 'SELECT id FROM sqlmig.migration'))

    def test_70_out_of_memory(self):
        self.project.step('a').step('b', 'SELECT 1; -- ' + 'x' * 60_000_000)

        def little_memory():
            resource.setrlimit(resource.RLIMIT_AS, (120 << 20, 120 << 20))
        result = self.expect(70, 'apply', preexec=little_memory)
        self.assertIn('out of memory', result.err)
        self.assert_applied()

    def test_130_and_143(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.db = self.cluster.new_database()
            self.long_locks()
            self.project.steps = []
            self.project.step('a', self.GATE_SQL)
            with self.gate():
                runner = self.start('apply', '--format', 'json')
                self.at_gate()
                runner.signal(number)
                result = runner.wait()
            self.assertEqual(128 + number, result.code, result)
            self.assertEqual('signal', result.json['databases'][0]['error']['code'])

    def test_each_error_has_a_hint(self):
        self.project.step('a')
        for arguments in (['apply', 'nothing'], ['--no'], ['apply', '--plan', 'none.json'], ['rollback', '-3'], ['rollback', 'a'], ['-d', 'x', 'status']):
            with self.subTest(arguments):
                result = self.run_sqlmig(*arguments)
                self.assertIn('hint: ', result.err, result)


if __name__ == '__main__':
    harness.main()
