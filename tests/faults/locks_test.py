"""Locks that others hold: retried without holding anything, bounded, and named."""

import threading
import time

import harness


class LocksTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.rows('CREATE TABLE public.busy (i int)')

    def hold(self, application='the blocker', sql='LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE'):
        connection = harness.psycopg2.connect(host=self.cluster.folder, port=self.cluster.port, user='postgres', dbname=self.db,
                                              application_name=application)
        connection.cursor().execute(sql)
        self.addCleanup(connection.close)
        return connection

    def test_lock_timeout_is_retried_until_it_works(self):
        self.project.step('a', 'CREATE TABLE public.a (i int);\nALTER TABLE public.busy ADD COLUMN j int;\n', lock_timeout='300ms')
        holder = self.hold()
        timer = threading.Timer(1.5, holder.rollback)
        timer.start()
        result = self.expect(0, 'apply')
        timer.join()
        self.assertIn('again in', result.err)
        self.assert_applied('a')
        self.assertIn('rolled back for a retry', self.project.read_file('sqlmig.log'))

    def test_nobody_waits_behind_us_for_longer_than_lock_timeout(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n', lock_timeout='300ms')
        self.project.head['defaults'] = {'lock_deadline': '3s'}
        holder = self.hold(sql='SELECT * FROM public.busy')  # ACCESS SHARE: readers pass, until our ALTER waits
        runner = self.start('apply')
        slowest = 0.0
        while runner.process.poll() is None:
            start = time.monotonic()
            self.rows('SELECT count(*) FROM public.busy')
            slowest = max(slowest, time.monotonic() - start)
        result = runner.wait()
        holder.rollback()
        self.assertEqual(5, result.code, result)
        self.assertLess(slowest, 1.5)

    def test_deadline_names_the_blocker(self):
        self.project.head['defaults'] = {'lock_timeout': '200ms', 'lock_deadline': '2s'}
        self.project.step('a', 'SELECT 1;\nALTER TABLE public.busy ADD COLUMN j int;\n')
        holder = self.hold()
        start = time.monotonic()
        result = self.expect_error(5, 'lock_timeout', 'apply')
        self.assertLess(time.monotonic() - start, 8)
        self.assertIn(f'pid {holder.info.backend_pid} ', result.err)
        self.assertIn("application 'the blocker'", result.err)
        self.assertIn('sql/a/up.sql:2:1: ', result.err)
        self.assertIn('55P03', result.err)
        self.assertIn('hint: ', result.err)
        self.assert_applied()
        holder.rollback()
        self.expect(0, 'apply')
        self.assert_applied('a')

    def test_the_blockers_query_is_not_shown(self):
        self.project.head['defaults'] = {'lock_timeout': '100ms', 'lock_deadline': '1s'}
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        self.hold(sql="LOCK TABLE public.busy; SELECT 'holy-secret'")
        result = self.expect(5, 'apply')
        self.assert_no_secret(result, 'holy-secret')

    def test_lock_timeout_zero_is_bounded_by_the_deadline(self):
        self.project.head['defaults'] = {'lock_timeout': '0', 'lock_deadline': '1s'}
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        self.hold()
        start = time.monotonic()
        self.expect(5, 'apply')
        self.assertLess(time.monotonic() - start, 8)

    def test_script_that_waits_without_a_timeout_of_its_own(self):
        """SET lock_timeout = 0 in one script does not reach the next."""
        self.project.head['defaults'] = {'lock_timeout': '200ms', 'lock_deadline': '1s'}
        self.project.step('a', 'SET lock_timeout = 0;\n').step('b', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        self.hold()
        self.expect(5, 'apply')
        self.assert_applied('a')

    def test_deadlock_is_retried(self):
        """The other session waits for us while we wait for it; the server ends ours or the other's wait."""
        self.long_locks()
        self.rows('CREATE TABLE public.other (i int)')
        self.project.step('a', 'LOCK TABLE public.busy;\nSELECT pg_sleep(0.5);\nLOCK TABLE public.other;\nCREATE TABLE public.a (i int);\n')
        holder = self.hold(sql="SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE public.other")
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_locks WHERE relation = 'public.busy'::regclass AND granted"), 'busy is locked')

        def wait_for_us():
            holder.cursor().execute('LOCK TABLE public.busy')  # got when our victim is rolled back
            time.sleep(0.3)
            holder.rollback()
        waiter = threading.Thread(target=wait_for_us)
        waiter.start()
        result = runner.wait()
        waiter.join()
        self.assertEqual(0, result.code, result)
        self.assertIn('40P01', result.err)
        self.assert_applied('a')

    def test_serialization_failure_is_retried(self):
        self.long_locks()
        self.rows('INSERT INTO public.busy VALUES (1)')
        self.project.step('a', 'BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT * FROM public.busy;\n' + self.GATE_SQL +
                          'UPDATE public.busy SET i = i + 1;\nCOMMIT;\n', witness=False)
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.rows('UPDATE public.busy SET i = 10')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('40001', result.err)
        self.assertEqual([(11,)], self.rows('SELECT i FROM public.busy'))

    def test_single_transaction_is_retried_as_a_whole(self):
        self.project.step('a').step('b', 'ALTER TABLE public.busy ADD COLUMN j int;\n', lock_timeout='200ms').step('c')
        holder = self.hold()
        timer = threading.Timer(1.0, holder.rollback)
        timer.start()
        result = self.expect(0, 'apply', '--single-transaction')
        timer.join()
        self.assertIn('again in', result.err)
        self.assert_applied('a', 'b', 'c')

    def test_statement_timeout(self):
        self.project.step('a', 'SELECT 1;\nSELECT pg_sleep(30);\n', statement_timeout='300ms')
        result = self.expect(6, 'apply')
        self.assertIn('sql/a/up.sql:2:1: ', result.err)
        self.assertIn('57014', result.err)
        self.assert_applied()

    def test_ledger_locked_by_somebody(self):
        """Waiting for the ledger is bounded, too."""
        self.project.head['defaults'] = {'lock_timeout': '300ms', 'lock_deadline': '1s'}
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b')
        holder = self.hold(sql='LOCK TABLE sqlmig.migration')
        result = self.run_sqlmig('apply')
        self.assertEqual(5, result.code, result)
        holder.rollback()
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')


if __name__ == '__main__':
    harness.main()
