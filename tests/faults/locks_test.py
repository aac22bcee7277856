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

    def watchers(self):
        return self.rows("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %% watch' AND datname = %s", self.db)[0][0]

    def reader(self):
        """A session of an application; gives how long it had to wait."""
        waits = []

        def read():
            connection = self.cluster.connect(self.db)
            start = time.monotonic()
            connection.cursor().execute('SELECT count(*) FROM public.busy')
            waits.append(time.monotonic() - start)
            connection.close()
        thread = threading.Thread(target=read)
        thread.start()
        return thread, waits

    def keep_waiting(self, sessions):
        """The script has its lock and works on; `sessions` then want the table."""
        runner = self.start(*self.command, *self.options)
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script holds its lock')
        readers = [self.reader() for _ in range(sessions)]
        for thread, _ in readers:
            thread.join()
        return runner, max(waits[0] for _, waits in readers)

    command = ('apply', '--lock-wait=1s')
    options = ()

    def test_a_step_that_keeps_one_session_waiting_too_long_is_withdrawn(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(6);\n')
        self.project.head['defaults'] = {'lock_deadline': '3s'}
        runner, waited = self.keep_waiting(1)
        self.assertLess(waited, 3)
        result = runner.wait()  # nobody wants the table now
        self.assertEqual(0, result.code, result)
        self.assertIn('withdrawn, because 1 session was kept waiting, 1.', result.err)
        self.assertIn('attempt 1 failed, again in', result.err)
        self.assert_applied('a')

    def test_a_step_that_keeps_many_sessions_waiting_is_withdrawn_at_once(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(6);\n', max_blocked=3, max_blocked_time='1h')
        runner, waited = self.keep_waiting(4)
        self.assertLess(waited, 2)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('4 sessions were kept waiting', result.err)

    def test_the_budget_of_the_command_line_beats_the_manifests(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(3);\n', max_blocked=1, max_blocked_time='100ms')
        self.options = ('--max-blocked=0', '--max-blocked-time=0')
        runner, waited = self.keep_waiting(2)
        self.assertGreater(waited, 1.5)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertNotIn('withdrawn', result.err)

    def test_redo_has_the_budget_of_the_command_line(self):
        self.project.step('a', "ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(2) WHERE to_regclass('public.slow') IS NOT NULL;\n",
                          'ALTER TABLE public.busy DROP COLUMN j;\n', max_blocked=1, max_blocked_time='100ms')
        self.expect(0, 'apply')
        self.rows('CREATE TABLE public.slow ()')
        self.command = ('redo',)
        self.options = ('--max-blocked=0', '--max-blocked-time=0')
        runner, waited = self.keep_waiting(2)
        self.assertGreater(waited, 0.8)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertNotIn('withdrawn', result.err)

    def test_the_budget_holds_while_we_only_wait(self):
        """Who comes behind our ALTER in the queue waits for us, though a reader holds the table."""
        self.project.step('a', "SET LOCAL lock_timeout = '30s';\nALTER TABLE public.busy ADD COLUMN j int;\n", max_blocked_time='500ms')
        holder = self.hold(sql='SELECT * FROM public.busy')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows('SELECT 1 FROM pg_locks WHERE NOT granted'), 'it waits')
        thread, waits = self.reader()
        thread.join()
        self.assertLess(waits[0], 2)
        holder.rollback()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('withdrawn', result.err)

    def test_a_statement_without_a_transaction_is_withdrawn_too(self):
        self.project.step('a', 'SELECT 1;\nBEGIN;\nALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(6);\nCOMMIT;\n', transaction=False)
        runner, waited = self.keep_waiting(1)
        self.assertLess(waited, 3)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('withdrawn', result.err)
        self.assertEqual(['a'], self.applied())

    def test_a_budget_that_is_never_met_ends_at_the_deadline(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(60);\n')
        self.project.head['defaults'] = {'lock_deadline': '4s', 'max_blocked_time': '300ms'}
        runner = self.start('apply')
        while runner.process.poll() is None:
            self.rows('SELECT count(*) FROM public.busy')
            time.sleep(0.02)
        result = runner.wait()
        self.assertEqual(5, result.code, result)
        self.assertIn("'max_blocked'", result.err)
        self.assert_applied()

    def test_quick_steps_cost_no_second_connection(self):
        self.project.step('a').step('b')
        # Counted on the way: pg_stat_database has no sessions before version 14.
        proxy = harness.Proxy(self.cluster.port)
        self.addCleanup(proxy.close)
        self.expect(0, 'apply', env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=proxy.port)})
        self.assertEqual(1, proxy.connections)
        self.assertEqual(0, self.watchers())

    def test_no_connection_is_left_for_the_watch(self):
        """53300: the step goes on without it."""
        self.rows('CREATE ROLE lonely LOGIN CONNECTION LIMIT 1; GRANT CREATE ON SCHEMA public TO lonely; GRANT ALL ON public.witness TO lonely; '
                  f'GRANT CREATE ON DATABASE "{self.db}" TO lonely')
        self.addCleanup(self.rows, 'DROP OWNED BY lonely; DROP ROLE lonely')
        self.project.step('a', 'CREATE TABLE public.a (i int);\nSELECT pg_sleep(0.5);\n')
        self.expect(0, 'apply', env={'DATABASE_URL': self.cluster.url(self.db, user='lonely')})
        self.assert_applied('a')

    def test_progress_of_a_concurrent_build(self):
        self.project.step('a', 'CREATE INDEX CONCURRENTLY busy_i ON public.busy (i);\n', witness=False, transaction=False)
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
            runner = self.start('apply')
            harness.eventually(lambda: 'waiting for old snapshots' in runner.said(), 'it says what it waits for')
            other.cursor().execute('ROLLBACK')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertRegex(result.err, r"a: waiting for old snapshots, 0 of 1 transactions, now for pid \d+ \(application 'test', user 'postgres', "
                                     r'idle in transaction, in a transaction for [\d.]+ s\)')

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
        self.rows('CREATE TABLE public.other (i int)')
        self.project.step('a', "SET LOCAL lock_timeout = '60s';\n"
                          'LOCK TABLE public.busy;\nSELECT pg_sleep(0.5);\nLOCK TABLE public.other;\nCREATE TABLE public.a (i int);\n')
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

    def test_single_transaction_says_who_was_in_the_way(self):
        self.project.step('a')
        self.project.step('b', 'ALTER TABLE public.busy ADD COLUMN j int;\n', lock_timeout='300ms')
        self.project.head['defaults'] = {'lock_deadline': '2s'}
        self.hold()
        result = self.expect_error(5, 'lock_timeout', 'apply', '--single-transaction')
        self.assertRegex(result.err, r'b: given up after \d+ attempts over \d s: .*; blocked by .*the blocker')
        self.assertIn('end the blocking transaction', result.err)
        self.assertEqual([], self.applied())

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
