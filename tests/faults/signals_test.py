"""Signals at every kind of wait: the step is rolled back, the locks are free, the run's end is written."""

import signal
import time

import harness


class SignalsTest(harness.FaultTest):
    def stopped(self, runner, number, within=8.0):
        """Sends the signal; the run must end with 128 + its number."""
        start = time.monotonic()
        runner.signal(number)
        result = runner.wait(within + 5)
        self.assertEqual(128 + number, result.code, result)
        self.assertLess(time.monotonic() - start, within)
        self.assertIn('hint: ' if number != signal.SIGHUP else '', result.err)
        self.no_backends()
        self.assertTrue(self.lock_is_free())
        return result

    def in_long_statement(self, number, *arguments):
        self.project.step('a').step('b', 'CREATE TABLE public.b (i int);\nSELECT pg_sleep(60);\n').step('c')
        runner = self.start('apply', *arguments)
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script sleeps')
        return self.stopped(runner, number)

    def check(self, result, *applied):
        self.assert_applied(*applied)
        self.assertEqual(sorted(applied), [row[0] for row in self.tables()])
        self.assertEqual([('signal',)], self.rows('SELECT outcome FROM sqlmig.run'), result)
        self.assertIn('signal', self.project.read_file('sqlmig.log'))

    def test_sigint_in_a_long_statement(self):
        result = self.in_long_statement(signal.SIGINT)
        self.assertIn('b was rolled back', result.err)
        self.check(result, 'a')

    def test_sigterm(self):
        self.check(self.in_long_statement(signal.SIGTERM), 'a')

    def test_sighup(self):
        self.check(self.in_long_statement(signal.SIGHUP), 'a')

    def test_sigint_in_a_single_transaction(self):
        result = self.in_long_statement(signal.SIGINT, '--single-transaction')
        self.check(result)

    def test_second_ctrl_c(self):
        """It hurries nothing and breaks nothing: the rollback and the run's end are still done."""
        self.project.step('a').step('b', 'CREATE TABLE public.b (i int);\nSELECT pg_sleep(60);\n')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script sleeps')
        runner.signal(signal.SIGINT)
        runner.signal(signal.SIGINT)
        time.sleep(0.02)
        if runner.process.poll() is None:
            runner.signal(signal.SIGTERM)
        result = runner.wait(10)
        self.assertEqual(130, result.code, result)
        self.check(result, 'a')

    def test_in_a_statement_that_catches_the_cancel(self):
        """One cancel is swallowed by the script; the signal must still end the run."""
        self.project.step('a', "DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN PERFORM pg_sleep(20); EXCEPTION WHEN query_canceled THEN NULL; "
                               'END; END LOOP; END $$;\n')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script sleeps')
        runner.signal(signal.SIGINT)
        result = runner.wait(20)
        self.assertEqual(130, result.code, result)
        # Whatever the script made of the cancels, what is recorded is what was done.
        self.assertEqual({name: 1 for name in self.applied()}, self.witnesses())

    def test_while_waiting_for_the_run_lock(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b')
        connection = self.cluster.connect(self.db)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, ('x' || left(encode(sha256('sqlmig'), 'hex'), 8))::bit(32)::int4)",
                           (harness.LOCK_CLASS,))
            runner = self.start('apply')
            time.sleep(0.6)
            self.assertIsNone(runner.process.poll())
            runner.signal(signal.SIGTERM)
            result = runner.wait(5)
            self.assertEqual(143, result.code, result)
            self.assertIn('nothing was changed', result.err)
        connection.close()
        self.assert_applied('a')

    def test_between_retries(self):
        self.rows('CREATE TABLE public.busy (i int)')
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n', lock_timeout='100ms')
        holder = self.cluster.connect(self.db)
        holder.autocommit = False
        holder.cursor().execute('LOCK TABLE public.busy')
        runner = self.start('apply')
        time.sleep(1.5)
        self.assertIsNone(runner.process.poll())
        runner.signal(signal.SIGINT)
        result = runner.wait(5)
        holder.close()
        self.assertEqual(130, result.code, result)
        self.assert_applied()
        self.assertEqual([('signal',)], self.rows('SELECT outcome FROM sqlmig.run'))

    def test_while_waiting_for_a_table_lock(self):
        self.rows('CREATE TABLE public.busy (i int)')
        self.long_locks()
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        holder = self.cluster.connect(self.db)
        holder.autocommit = False
        holder.cursor().execute('LOCK TABLE public.busy')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_locks WHERE relation = 'public.busy'::regclass AND NOT granted"), 'it waits')
        self.stopped(runner, signal.SIGINT)
        holder.close()
        self.assert_applied()

    def test_while_waiting_for_the_server(self):
        self.project.step('a')
        port = harness.free_port()
        runner = self.start('apply', '--wait-db=30s', env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=port)})
        time.sleep(0.5)
        runner.signal(signal.SIGTERM)
        self.assertEqual(143, runner.wait(5).code)

    def test_while_connecting_to_a_server_that_says_nothing(self):
        self.project.step('a')
        with harness.socket.create_server(('127.0.0.1', 0)) as silent:
            url = self.cluster.url(self.db, tcp=True, port=silent.getsockname()[1])
            runner = self.start('apply', env={'DATABASE_URL': url})
            time.sleep(0.4)
            runner.signal(signal.SIGINT)
            self.assertEqual(130, runner.wait(5).code)

    def test_in_copy_data(self):
        self.project.step('a', 'CREATE TABLE public.a (i int, s text);\n'
                               'CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;\n'
                               'CREATE TRIGGER slow BEFORE INSERT ON public.a FOR EACH ROW EXECUTE FUNCTION public.slow();\n'
                               'COPY public.a FROM stdin;\n' + ('1\t' + 'z' * 2000 + '\n') * 5000 + '\\.\n')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db), 'it copies')
        result = self.stopped(runner, signal.SIGINT)
        self.check(result)

    def test_in_a_non_transactional_step(self):
        self.project.step('n', 'CREATE TABLE public.n (i int);\nSELECT pg_sleep(60);\nCREATE TABLE public.m (i int);\n', witness=False,
                          transaction=False)
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script sleeps')
        result = self.stopped(runner, signal.SIGINT)
        self.assertIn("run 'sqlmig apply' again: it goes on with statement 2 of n", result.err)
        self.assertEqual([('applying', 1)], self.rows('SELECT status, statements_done FROM sqlmig.migration'))
        self.project.write_file('sql/n/up.sql', 'CREATE TABLE public.n (i int);\nSELECT 1;\nCREATE TABLE public.m (i int);\n')
        self.expect(0, 'apply')
        self.assertEqual(['m', 'n'], sorted(row[0] for row in self.tables()))

    def test_an_ignored_signal_stays_ignored(self):
        """What nohup and a shell's background jobs ask for."""
        self.project.step('a', "CREATE TABLE public.a (i int);\nSELECT pg_sleep(2);\n")
        for number in (signal.SIGHUP, signal.SIGINT):
            runner = self.start('apply', preexec=lambda number=number: signal.signal(number, signal.SIG_IGN))
            harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                               'the script sleeps')
            runner.signal(number)
            result = runner.wait(10)
            self.assertEqual(0, result.code, result)
            self.expect(0, 'rollback')

    def test_behind_a_database_that_failed(self):
        other = self.cluster.new_database()
        self.project.databases = {name: {'directory': 'sql/' + name, 'migrations': [{'id': name, 'depends_on': [], 'down': 'none'}]}
                                  for name in ('first', 'second')}
        self.project.write_file('sql/first/first/up.sql', 'SELECT 1 / 0;')
        self.project.write_file('sql/second/second/up.sql', 'SELECT pg_sleep(60);')
        runner = self.start('apply', env={'DATABASE_URL': None, 'SQLMIG_FIRST_URL': self.cluster.url(other),
                                          'SQLMIG_SECOND_URL': self.cluster.url(self.db)})
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the second script sleeps')
        result = self.stopped(runner, signal.SIGTERM)
        self.assertIn('division by zero', result.err)

    def test_several_databases_stop_together(self):
        other = self.cluster.new_database()
        self.project.databases = {}
        for name in ('first', 'second'):
            self.project.databases[name] = {'directory': 'sql', 'migrations': [{'id': 'a', 'depends_on': []}]}
        self.project.write_file('sql/a/up.sql', 'SELECT pg_sleep(60);')
        self.project.write_file('sql/a/down.sql', '')
        runner = self.start('apply', env={'DATABASE_URL': None, 'SQLMIG_FIRST_URL': self.cluster.url(self.db),
                                          'SQLMIG_SECOND_URL': self.cluster.url(other)})
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db),
                           'the script sleeps')
        runner.signal(signal.SIGTERM)
        result = runner.wait(10)
        self.assertEqual(143, result.code, result)
        self.assertEqual([(None,)], self.cluster.query(other, "SELECT to_regclass('sqlmig.run')"))


if __name__ == '__main__':
    harness.main()
