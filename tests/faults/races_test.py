"""Several runners at once: every step exactly once, nobody hangs, everybody says what became of it."""

import random
import signal
import threading
import time

import harness


class RacesTest(harness.FaultTest):
    def race(self, runners, *arguments):
        started = [self.start('apply', *arguments, write=False) for _ in range(runners)]
        return [runner.wait() for runner in started]

    def test_50_races_of_two(self):
        self.project.step('a').step('b').step('c')
        self.project.write()
        both_worked = 0
        for number in range(50):
            with self.subTest(number):
                self.db = self.cluster.new_database()
                results = self.race(2)
                self.assertEqual([0, 0], [result.code for result in results], '\n'.join(map(str, results)))
                self.assert_applied('a', 'b', 'c')
                workers = [result for result in results if '3 migrations applied' in result.out]
                losers = [result for result in results if 'nothing to do' in result.out]
                both_worked += len(workers)
                self.assertEqual((1, 1), (len(workers), len(losers)), '\n'.join(map(str, results)))
                self.assertEqual([(1,)], self.rows('SELECT count(*) FROM sqlmig.run'))
        self.assertEqual(50, both_worked)

    def test_races_of_four_without_patience(self):
        """--lock-wait=0s: who does not get the lock says so, exit 5, or finds everything done."""
        self.project.step('a', 'SELECT pg_sleep(0.05);').step('b')
        self.project.write()
        codes = set()
        for number in range(8):
            with self.subTest(number):
                self.db = self.cluster.new_database()
                results = self.race(4, '--lock-wait=0s')
                codes |= {result.code for result in results}
                self.assertTrue(all(result.code in (0, 5) for result in results), '\n'.join(map(str, results)))
                self.assert_applied('a', 'b')
                for result in results:
                    if result.code == 5:
                        self.assertIn('another run holds the lock', result.err)
        self.assertIn(5, codes)

    def test_apply_against_rollback(self):
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        for number in range(10):
            with self.subTest(number):
                commands = [('rollback', 'a', '--yes'), ('apply',), ('rollback',), ('apply',)]
                random.Random(number).shuffle(commands)
                results = [runner.wait() for runner in [self.start(*command, write=False) for command in commands]]
                for result in results:
                    self.assertIn(result.code, (0, 3, 7), result)  # 3: the target is not applied; 7: somebody was quicker
                self.expect(0, 'apply')
                self.assertEqual(['a', 'b'], sorted(self.applied()))
                self.assertEqual(['a', 'b'], [row[0] for row in self.tables()])

    def test_other_databases_of_one_server_do_not_wait(self):
        self.long_locks()
        self.project.step('a', self.GATE_SQL)
        with self.gate():
            first = self.start('apply')
            self.at_gate()
            other = self.cluster.new_database()
            self.expect(0, 'apply', '--lock-wait=1s', env={'DATABASE_URL': self.cluster.url(other)})
        self.assertEqual(0, first.wait().code)

    def test_loser_waits_names_the_holder_and_finds_all_done(self):
        self.long_locks()
        self.project.step('a', self.GATE_SQL)
        with self.gate():
            first = self.start('apply')
            backend = self.at_gate()
            second = self.start('apply', '--lock-wait=30s')
            harness.eventually(lambda: 'waiting for another run' in second.said(), 'the second waits')
            self.assertIsNone(second.process.poll())
        result = second.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn(f'pid {backend} (sqlmig ', result.err)
        self.assertIn('nothing to do', result.out)
        self.assertEqual(0, first.wait().code)
        self.assert_applied('a')

    def test_loser_gives_up(self):
        self.long_locks()
        self.project.step('a', self.GATE_SQL)
        with self.gate():
            first = self.start('apply')
            backend = self.at_gate()
            start = time.monotonic()
            result = self.expect_error(5, 'run_lock', 'apply', '--lock-wait=1s')
            self.assertTrue(0.9 < time.monotonic() - start < 8, result)
            self.assertIn(f'pid {backend} (sqlmig ', result.err)
            self.assertIn('hint: ', result.err)
        self.assertEqual(0, first.wait().code)

    def test_nothing_to_do_needs_no_lock(self):
        self.project.step('a')
        self.expect(0, 'apply')
        connection = self.cluster.connect(self.db)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, ('x' || left(encode(sha256('sqlmig'), 'hex'), 8))::bit(32)::int4)",
                           (harness.LOCK_CLASS,))
            self.assertFalse(self.lock_is_free())
            self.expect(0, 'apply', '--lock-wait=0s')
            self.project.step('b')
            self.expect(5, 'apply', '--lock-wait=0s')  # it is the lock
        connection.close()

    def test_stopped_runner_and_a_rival(self):
        """SIGSTOP while it holds the lock; its session is ended; a rival works; SIGCONT: it must not apply anything twice."""
        self.long_locks()
        self.project.step('a', self.GATE_SQL).step('b').step('c')
        with self.gate():
            first = self.start('apply')
            backend = self.at_gate()
            first.signal(signal.SIGSTOP)
            self.expect(5, 'apply', '--lock-wait=1s')
            self.rows('SELECT pg_terminate_backend(%s)', backend)
        self.expect(0, 'apply', '--lock-wait=10s')
        self.assert_applied('a', 'b', 'c')
        first.signal(signal.SIGCONT)
        result = first.wait()
        self.assertIn(result.code, (0, 7), result)
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_stopped_in_the_middle_of_the_run(self):
        """The same, while the rival is not finished either."""
        self.long_locks()
        self.project.step('a', self.GATE_SQL).step('b', 'SELECT pg_sleep(0.5);').step('c')
        with self.gate():
            first = self.start('apply')
            backend = self.at_gate()
            first.signal(signal.SIGSTOP)
            self.rows('SELECT pg_terminate_backend(%s)', backend)
        second = self.start('apply')
        time.sleep(0.3)
        first.signal(signal.SIGCONT)
        results = [first.wait(), second.wait()]
        self.assertTrue(all(result.code in (0, 7) for result in results), '\n'.join(map(str, results)))
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_row_written_by_somebody_else_before_a_step(self):
        """The lock is only for order: the guarantee is the ledger."""
        self.long_locks()
        self.project.step('a', self.GATE_SQL).step('b')
        self.fake_row_while_a_runs('b')
        self.assertEqual([], self.tables())

    def test_row_written_by_somebody_else_within_a_step(self):
        self.long_locks()
        self.project.step('a', 'CREATE TABLE public.a (i int);\n' + self.GATE_SQL)
        self.fake_row_while_a_runs('a')
        self.assertEqual([], self.tables())  # the DDL of the second application is gone
        self.assertEqual({}, self.witnesses())

    def fake_row_while_a_runs(self, name):
        with self.gate():
            runner = self.start('apply', '--format', 'json')
            self.at_gate()
            self.rows("INSERT INTO sqlmig.migration (scope, id, description, depends_on, ordinal, run, attempt, applied_at, "
                      'duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, up_transaction, '
                      "down_transaction, settings, status) VALUES ('faults/default', %s, '', '{}', 99, 'r', 'x', now(), 0, '', '', '', '', 1, "
                      "'none', true, true, '', 'applied')", name)
        result = runner.wait()
        self.assertEqual(7, result.code, result)
        self.assertIn('"stale_plan"', result.out)

    def test_lock_freed_by_a_script(self):
        """pg_advisory_unlock_all(): the step has the lock all the same, and takes it back before a rival can get it."""
        self.project.head['defaults'] = {'max_blocked_time': '0'}
        self.project.step('a', 'SELECT pg_advisory_unlock_all();\n' + self.GATE_SQL).step('b').step('c')
        with self.cluster.connect(self.db) as rival:
            with self.gate():
                runner = self.start('apply')
                self.at_gate()
                # The transaction of step a has it too; the rival is next in the queue.
                wait = threading.Thread(target=lambda: rival.cursor().execute('SELECT pg_advisory_lock(%s, %s)', (harness.LOCK_CLASS, self.key())))
                wait.start()
                self.in_the_queue()
            result = runner.wait()
            wait.join()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')

    def key(self):
        return self.rows("SELECT ('x' || encode(substr(sha256('sqlmig'), 1, 4), 'hex'))::bit(32)::int")[0][0]

    def in_the_queue(self):
        harness.eventually(lambda: self.rows('SELECT 1 FROM pg_locks WHERE NOT granted AND objid = %s::oid', self.key() % 2**32), 'it is in the queue')

    def test_a_step_without_the_lock_is_refused(self):
        """Another session has got hold of the lock between two statements without a transaction: each looks for itself."""
        self.project.step('a').step('b', 'SELECT pg_advisory_unlock_all();\n' + self.GATE_SQL, transaction=False)
        with self.cluster.connect(self.db) as rival:
            with self.gate():
                runner = self.start('apply')
                self.at_gate()
                rival.cursor().execute('SELECT pg_advisory_lock(%s, %s)', (harness.LOCK_CLASS, self.key()))
            result = runner.wait()
        self.assertEqual(5, result.code, result)
        self.assertIn('another session has taken the run lock before b', result.err)
        self.assertEqual([('applied', 0), ('applying', 1)], self.rows('SELECT status, statements_done FROM sqlmig.migration ORDER BY ordinal'))
        self.assertEqual({'a': 1}, self.witnesses())
        rival.close()
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')

    def test_concurrent_index_while_a_rival_waits(self):
        """A rival that waits for the lock must hold no snapshot, or the build waits for it for ever."""
        self.project.step('a', 'CREATE TABLE public.a AS SELECT generate_series(1, 1000) i;')
        self.expect(0, 'apply')
        self.project.step('b', 'SELECT pg_sleep(0.5);\nCREATE INDEX CONCURRENTLY a_i ON public.a (i);\n', witness=False, transaction=False)
        runners = [self.start('apply') for _ in range(3)]
        results = [runner.wait() for runner in runners]
        self.assertEqual([0, 0, 0], [result.code for result in results], '\n'.join(map(str, results)))
        self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_i'::regclass"))

    def test_two_processes_share_the_log(self):
        self.project.step('a').step('b')
        self.project.write()
        databases = [self.cluster.new_database() for _ in range(6)]
        runners = [self.start('apply', write=False, env={'DATABASE_URL': self.cluster.url(db)}) for db in databases]
        for runner in runners:
            self.assertEqual(0, runner.wait().code)
        lines = self.project.read_file('sqlmig.log').splitlines()
        for line in lines:
            self.assertRegex(line, r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) run=([0-9a-f-]{36}|-) ')
        runs = {line.split('run=')[1].split()[0] for line in lines}
        self.assertEqual(6, len(runs))
        for db in databases:
            self.assertIn(self.cluster.query(db, 'SELECT id FROM sqlmig.run')[0][0], runs)
        self.assertEqual(12, sum(' done in ' in line for line in lines))

    def test_rollback_of_what_another_run_has_left(self):
        """Two runs undo everything: the second finds less of it, and nothing else in its place."""
        self.project.step('a').step('b').step('c', down="DROP TABLE public.c;\nSELECT pg_sleep(1.5);\n")
        self.expect(0, 'apply')
        first = self.start('rollback', '-1')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db), 'it runs')
        second = self.start('rollback', 'base', '--yes')
        third = self.start('rollback', '-1')
        self.assertEqual(0, first.wait().code)
        result = second.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual([], self.applied())
        # What this one was shown is gone, and it undoes nothing in its place.
        self.assertIn(third.wait().code, (3, 7))
        self.assertEqual([('a', 1), ('b', 1), ('c', 1)],
                         self.rows("SELECT migration, count(*) FROM sqlmig.event WHERE kind = 'reverted' GROUP BY 1 ORDER BY 1"))

    def test_redo_does_not_redo_what_another_run_applied(self):
        self.long_locks()
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b', self.GATE_SQL)
        self.project.write()
        with self.gate():
            apply = self.start('apply', write=False)
            self.at_gate()
            redo = self.start('redo', write=False)
            harness.eventually(lambda: 'waiting for another run' in redo.said(), 'redo waits')
        self.assertEqual(0, apply.wait().code)
        result = redo.wait()
        self.assertEqual(7, result.code, result)
        self.assertIn('another run changed the database', result.err)
        self.assert_applied('a', 'b')

    def test_new_migrations_made_at_once_are_all_kept(self):
        self.project.write()
        runners = [self.start('new', f'step {number}', write=False) for number in range(8)]
        for runner in runners:
            self.assertEqual(0, runner.wait().code)
        manifest = self.project.read_file('migrations.yaml')
        for number in range(8):
            self.assertRegex(manifest, rf'(?m)^  - .*_step_{number},')
        self.expect(0, 'check', write=False)
        self.assertEqual(1, len(self.expect(0, 'heads', write=False).out.splitlines()))

    def test_reading_commands_do_not_disturb(self):
        self.project.step('a', 'SELECT pg_sleep(0.3);').step('b')
        self.project.write()
        codes = []
        stop = threading.Event()

        def look():
            while not stop.is_set():
                codes.append(self.start('status', write=False).wait().code)
        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            result = self.start('apply', write=False).wait()
        finally:
            stop.set()
            watcher.join()
        self.assertEqual(0, result.code, result)
        self.assertEqual({0}, set(codes))


if __name__ == '__main__':
    harness.main()
