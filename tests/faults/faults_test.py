"""Faults of the server and of what it stands on: full disks, a standby that takes over, limits that are reached. Which test
shows which fault is listed in tests/faults.md."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

import harness
from harness import Cluster, eventually


def as_root(*command):
    """Mounting is root's; scripts/test installs packages in the same way."""
    subprocess.run([*([] if os.geteuid() == 0 else ['sudo', '-n']), *command], check=True, stdin=subprocess.DEVNULL)


def has_stopped(runner):
    def state():
        with open(f'/proc/{runner.pid}/stat', encoding='ascii') as stat:
            return stat.read().split()[2]
    eventually(lambda: state() == 'T', 'it has stopped itself')


class SmallDisk:
    """A file system of its own, small enough to be filled."""

    def __init__(self, folder, size):
        self.folder = folder
        os.makedirs(folder)
        as_root('mount', '-t', 'tmpfs', '-o', f'size={size},mode=0777', 'sqlmig-test', folder)

    def grow(self, size):
        as_root('mount', '-o', f'remount,size={size}', self.folder)

    def remove(self):
        # Whoever still has a file open there keeps it alive, but nothing of it stays in the tree.
        as_root('umount', '--lazy', self.folder)


class FullDiskTest(harness.FaultTest):
    """53100 in a tablespace, for steps with and without a transaction."""

    def setUp(self):
        super().setUp()
        self.disk = SmallDisk(tempfile.mkdtemp(prefix='sqlmig-d-', dir=harness.memory_folder()) + '/disk', '2m')
        self.addCleanup(shutil.rmtree, os.path.dirname(self.disk.folder), True)
        self.addCleanup(self.disk.remove)
        os.chmod(os.path.dirname(self.disk.folder), 0o755)
        space = os.path.join(self.disk.folder, 'space')
        os.mkdir(space)
        if self.cluster.account:
            os.chown(space, self.cluster.account['user'], self.cluster.account['group'])
        os.chmod(space, 0o700)
        self.space = 'small_' + self.db
        self.rows(f"CREATE TABLESPACE {self.space} LOCATION '{space}'")
        # The folder is gone before the server, so what is in it has to go first.
        self.addCleanup(self.cluster.query, 'postgres', f'DROP TABLESPACE IF EXISTS {self.space}')
        self.addCleanup(self.cluster.query, 'postgres', f'DROP DATABASE IF EXISTS {self.db} WITH (FORCE)')

    BIG = "SELECT i, repeat('x', 500) AS t FROM generate_series(1, 10000) i"

    def test_table(self):
        self.project.step('a').step('b', f'CREATE TABLE public.b TABLESPACE {self.space} AS {self.BIG};\n').step('c')
        result = self.expect_error(6, 'sql', 'apply')
        self.assertIn('53100', result.out)
        self.assertIn('"file": "sql/b/up.sql"', result.out)
        self.assert_applied('a')
        self.assertEqual(['a'], [row[0] for row in self.tables()])
        self.disk.grow('64m')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_concurrent_index(self):
        """What was built of the index is INVALID and is taken away, so that it neither stays nor counts as done."""
        self.rows(f'CREATE TABLE public.big AS {self.BIG}')
        self.project.step('a').step('n', f'CREATE INDEX CONCURRENTLY big_i ON public.big (t, i) TABLESPACE {self.space};\n', witness=False,
                                    transaction=False)
        self.assertIn('53100', self.expect_error(6, 'sql', 'apply').out)
        self.assertEqual(['a'], self.applied())
        self.assertEqual([], self.rows("SELECT 1 FROM pg_class WHERE relname LIKE 'big_i%'"))
        self.assertIn('53100', self.expect_error(6, 'sql', 'apply').out)
        self.disk.grow('64m')
        self.expect(0, 'apply')
        self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.big_i'::regclass"))
        self.assertEqual(['a', 'n'], self.applied())
        self.assert_settled()

    def test_database_with_its_ledger(self):
        """The ledger is on the full disk itself: whichever write fails, step and row are both there or both absent."""
        self.disk.grow('24m')
        full = self.db + '_full'
        strategy = 'STRATEGY file_copy' if self.cluster.version >= 150000 else ''  # the only one before 15
        self.cluster.query('postgres', f'CREATE DATABASE {full} TEMPLATE template0 TABLESPACE {self.space} {strategy}')
        self.addCleanup(self.cluster.query, 'postgres', f'DROP DATABASE {full} WITH (FORCE)')
        self.db = full
        self.rows('CREATE TABLE public.witness (id text)')
        names = [f's{i}' for i in range(60)]
        for name in names:
            self.project.step(name, f'CREATE TABLE public.{name} (i integer PRIMARY KEY);\nINSERT INTO public.{name} VALUES (1);\n')
        left = os.statvfs(self.disk.folder)
        with open(os.path.join(self.disk.folder, 'filler'), 'wb') as filler:
            filler.write(bytes(left.f_bavail * left.f_frsize - (700 << 10)))
        result = self.expect(6, 'apply')
        self.assertIn('53100', result.err)
        done = self.applied()
        self.assertTrue(0 < len(done) < len(names), done)
        self.assert_applied(*names[:len(done)])
        self.assertEqual(sorted(done), [row[0] for row in self.tables()])
        self.assertNotEqual(0, self.run_sqlmig('apply').code)  # still full
        self.disk.grow('128m')
        self.expect(0, 'apply')
        self.assert_applied(*names)
        self.assert_settled()


class FullLogDiskTest(harness.FaultTest):
    def test_disk_of_the_log_fills_up_in_the_middle(self):
        """The first lines are written, then there is no room: the run goes on, tells it once, and exits as it would have."""
        disk = SmallDisk(self.project.path('logs'), '64k')
        self.addCleanup(disk.remove)
        names = [f's{i}' for i in range(60)]
        for name in names:
            self.project.step(name)
        left = os.statvfs(disk.folder)
        with open(self.project.path('logs', 'filler'), 'wb') as filler:
            filler.write(bytes((left.f_bavail - 1) * left.f_frsize))
        result = self.expect(0, 'apply', '--log-file', self.project.path('logs', 'sqlmig.log'))
        self.assertEqual(1, result.err.count('no log is written'), result)
        logged = self.project.read_file('logs/sqlmig.log')
        self.assertIn('up s0 done', logged)
        self.assertNotIn('up s59 done', logged)
        self.assert_applied(*names)
        self.assert_settled()


class FailoverTest(harness.FaultTest):
    """The primary is lost and a standby takes its place; the URL names both, so that a run finds the one that writes."""

    durable = True

    def setUp(self):
        super().setUp()
        self.primary = Cluster(durable=True)
        self.addCleanup(self.primary.destroy)
        self.cluster = self.primary
        self.db = self.cluster.new_database()
        self.long_locks()

        def base_backup(standby):
            standby.password = self.primary.password
            self.primary.base_backup(standby)
        self.standby = Cluster(durable=True, data=base_backup)
        self.addCleanup(self.standby.destroy)
        self.both = (f'postgresql://postgres@/{self.db}?host={self.primary.folder},{self.standby.folder}'
                     f'&port={self.primary.port},{self.standby.port}&target_session_attrs=read-write')

    def env(self, **extra):
        return super().env(DATABASE_URL=self.both, **extra)

    def caught_up(self):
        position = self.primary.query('postgres', 'SELECT pg_current_wal_flush_lsn()')[0][0]
        eventually(lambda: self.standby.query('postgres', 'SELECT pg_last_wal_replay_lsn() >= %s', position)[0][0], 'the standby has it all')

    def cut_off(self):
        """What the primary commits from now on never reaches the standby."""
        self.standby.query('postgres', "ALTER SYSTEM SET primary_conninfo = ''")
        self.standby.query('postgres', 'SELECT pg_reload_conf()')
        eventually(lambda: not self.primary.query('postgres', 'SELECT 1 FROM pg_stat_replication'), 'the standby is cut off')

    def fail_over(self):
        self.primary.crash()
        self.standby.query('postgres', 'SELECT pg_promote()')
        self.cluster = self.standby

    def test_synchronous_standby(self):
        """In the middle of a step: the run goes on over there."""
        self.primary.query('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.query('postgres', 'SELECT pg_reload_conf()')
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b').step('c', self.GATE_SQL).step('d')
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.fail_over()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('connecting again', result.err)
        self.assertIn('a', self.applied())  # success had been reported
        self.assert_applied('a', 'b', 'c', 'd')
        self.assert_settled()

    def test_asynchronous_standby_without_the_last_run(self):
        """A run that had ended in success is lost: rows and tables are both old, and the next run does it again."""
        self.project.step('a').step('b')
        self.expect(0, 'apply')
        self.caught_up()
        self.cut_off()
        self.project.step('c').step('d')
        self.expect(0, 'apply')
        self.fail_over()
        self.assert_applied('a', 'b')
        self.assertEqual(['a', 'b'], [row[0] for row in self.tables()])
        self.assertIn('2 pending', self.expect(1, 'status', '--exit-code').out)
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c', 'd')
        self.assert_settled()

    def test_asynchronous_standby_in_the_middle_of_a_run(self):
        """Steps of the run itself are lost on the way; it does them again by itself."""
        self.project.step('a')
        self.expect(0, 'apply')
        self.caught_up()
        self.cut_off()
        self.project.step('b').step('c', self.GATE_SQL).step('d')
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.fail_over()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('b had not been committed; it is run again', result.err)
        self.assert_applied('a', 'b', 'c', 'd')
        self.assert_settled()

    def test_asynchronous_standby_that_lacks_what_an_earlier_run_did(self):
        """The run's plan stands on a migration that is gone over there: nothing may be applied without it."""
        self.project.step('a')
        self.expect(0, 'apply')
        self.caught_up()
        self.cut_off()
        self.project.step('b')
        self.expect(0, 'apply')
        self.project.step('c', self.GATE_SQL).step('d')
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.fail_over()
        result = runner.wait()
        self.assertIn(result.code, (0, 7), result)
        applied = self.applied()
        self.assertEqual(['a', 'b', 'c', 'd'][:len(applied)], applied, result)
        self.assertEqual({name: 1 for name in applied}, self.witnesses())
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c', 'd')
        self.assert_settled()


class SynchronousWaitTest(harness.FaultTest):
    """The primary waits for a standby that is not there."""

    durable = True

    def setUp(self):
        super().setUp()
        self.project.step('a').step('b')
        self.addCleanup(self.standbys, '')

    def standbys(self, names):
        connection = self.cluster.connect()
        cursor = connection.cursor()
        cursor.execute('SET synchronous_commit = local')
        cursor.execute('ALTER SYSTEM SET synchronous_standby_names = %s', (names,))
        cursor.execute('SELECT pg_reload_conf()')
        eventually(lambda: cursor.execute('SHOW synchronous_standby_names') or cursor.fetchone()[0] == names, 'the setting holds')
        connection.close()

    def waiting(self):
        return eventually(lambda: self.rows("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = %s", self.db),
                          'it waits for the standby')[0][0]

    def test_wait_that_somebody_cancels(self):
        """Committed here, though not there: it counts as applied, the server's warning is shown, and it is not run again."""
        self.standbys('nobody')
        runner = self.start('apply')
        while runner.process.poll() is None:
            waiting = self.rows("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = %s", self.db)
            time.sleep(0.02 if not waiting else 0.1)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('canceling wait for synchronous replication', result.err)
        self.standbys('')
        self.assert_applied('a', 'b')
        self.assert_settled()

    def stop_while_it_waits(self, number, *arguments):
        """Nobody has to wait for a standby for ever."""
        self.standbys('nobody')
        runner = self.start(*arguments)
        self.waiting()
        runner.signal(number)
        start = time.monotonic()
        result = runner.wait(10)
        self.assertLess(time.monotonic() - start, 5, result)
        self.assertEqual(128 + number, result.code, result)
        self.standbys('')
        return result

    def assert_goes_on(self):
        if self.rows("SELECT to_regclass('sqlmig.migration') IS NOT NULL")[0][0]:
            self.assertEqual({name: 1 for name in self.applied()}, self.witnesses())
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')
        self.assertEqual([], self.rows('SELECT id FROM sqlmig.run WHERE ended_at IS NULL'))
        self.assert_settled()

    def test_signal_while_it_waits(self):
        """In the ledger's first transaction: nothing has begun."""
        self.stop_while_it_waits(signal.SIGTERM, 'apply')
        self.assertEqual([], self.tables())
        self.assert_goes_on()

    def test_signal_while_the_runs_begin_waits(self):
        self.expect(0, 'apply', 'a')
        self.stop_while_it_waits(signal.SIGINT, 'apply')
        self.assertEqual(['a'], self.applied())
        self.assertEqual(['done', 'signal'], [row[0] for row in self.rows('SELECT outcome FROM sqlmig.run ORDER BY started_at')])
        self.assert_goes_on()

    def test_signal_while_the_runs_end_waits(self):
        """All is committed here: it counts, but it is no success."""
        self.expect(0, 'apply', 'a')
        self.project.step('c', self.GATE_SQL)
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.standbys('nobody')
        self.waiting()
        runner.signal(signal.SIGTERM)
        result = runner.wait(5)
        self.assertEqual(143, result.code, result)
        self.assertIn('all is committed, but no standby has confirmed it yet', result.err)
        self.standbys('')
        self.assertEqual(['a', 'b', 'c'], self.applied())
        self.assertEqual(['done', 'done'], [row[0] for row in self.rows('SELECT outcome FROM sqlmig.run')])
        self.assert_settled()

    def test_signal_in_a_step_without_a_transaction(self):
        """At each of its writes; the same command ends the work."""
        self.project.steps = []
        self.project.step('a')
        self.expect(0, 'apply')
        script = 'CREATE TABLE public.b (i int);\nVACUUM public.b;\nCREATE INDEX CONCURRENTLY b_i ON public.b (i);\n'
        self.project.step('b', script, transaction=False, witness=False)
        for point in ('units_begun', 'unit_intended', 'unit_unrecorded', 'unit_done', 'units_end'):
            with self.subTest(point):
                self.rows("DROP TABLE IF EXISTS public.b; DELETE FROM sqlmig.migration WHERE id = 'b'")
                runner = self.start('apply', env={'SQLMIG_CRASH': f'{point}:delay=1500'})
                time.sleep(0.7)
                self.standbys('nobody')
                self.waiting()
                runner.signal(signal.SIGTERM)
                result = runner.wait(10)
                self.assertEqual(143, result.code, result)
                self.standbys('')
                self.expect(0, 'apply')
                self.assertEqual(['a', 'b'], self.applied())
                self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.b_i'::regclass"))
        self.assert_settled()

    def test_signal_while_a_stamp_waits(self):
        self.expect(0, 'apply', 'a')
        self.stop_while_it_waits(signal.SIGTERM, 'stamp', 'heads')
        self.assertEqual(['a'], self.applied())
        self.assertEqual(['done', 'signal'], [row[0] for row in self.rows('SELECT outcome FROM sqlmig.run ORDER BY started_at')])
        self.expect(0, 'stamp', 'heads')
        self.assertEqual(['a', 'b'], self.applied())

    def test_signal_while_a_row_of_the_ledger_is_locked(self):
        """It is rolled back then; the run has said so and the next one closes what is open."""
        self.expect(0, 'apply', 'a')
        self.project.head['defaults'] = {'lock_timeout': '60s'}
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN; LOCK TABLE sqlmig.run IN EXCLUSIVE MODE')
            runner = self.start('apply')
            eventually(lambda: self.rows("SELECT 1 FROM pg_locks WHERE relation = 'sqlmig.run'::regclass AND NOT granted"), 'it waits')
            runner.signal(signal.SIGTERM)
            result = runner.wait(5)
            self.assertEqual(143, result.code, result)
            other.cursor().execute('ROLLBACK')
        self.assertEqual(['a'], self.applied())
        self.assert_goes_on()


class LimitsTest(harness.FaultTest):
    """Too many connections, too many locks."""

    @classmethod
    def setUpClass(cls):
        cls.own = Cluster(settings=['max_locks_per_transaction=10', 'max_connections=12', 'superuser_reserved_connections=3'])

    @classmethod
    def tearDownClass(cls):
        cls.own.destroy()

    def setUp(self):
        super().setUp()
        self.cluster = self.own
        self.db = self.cluster.new_database()
        self.rows("DO $$ BEGIN CREATE ROLE app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; ALTER ROLE app CONNECTION LIMIT -1; "
                  f'GRANT CREATE ON SCHEMA public TO app; GRANT ALL ON public.witness TO app; GRANT CREATE ON DATABASE {self.db} TO app')
        self.app = {'DATABASE_URL': self.cluster.url(self.db, user='app')}

    def test_no_connection_is_left_for_the_run(self):
        taken = []
        self.addCleanup(lambda: [connection.close() for connection in taken])
        try:
            while len(taken) < 30:
                taken.append(self.cluster.connect(self.db, user='app'))
        except harness.psycopg2.OperationalError:
            pass
        self.assertLess(len(taken), 30)
        self.project.step('a')
        result = self.expect_error(4, 'connection', 'apply', '--wait-db=0s', env=self.app)
        self.assertIn('53300', result.out)
        self.assertIn('max_connections', result.out)
        self.assert_applied()
        # It is worth waiting for: others end.
        runner = self.start('apply', '--wait-db=20s', env=self.app)
        time.sleep(0.5)
        self.assertIsNone(runner.process.poll())
        for connection in taken:
            connection.close()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a')

    def test_connection_is_lost_and_another_took_its_place(self):
        self.long_locks()
        self.project.step('a').step('b', self.GATE_SQL + 'CREATE TABLE public.b (i int);\n').step('c')
        with self.gate():
            runner = self.start('apply', env=self.app)
            backend = self.at_gate()
            self.rows('ALTER ROLE app CONNECTION LIMIT 0')
            self.rows('SELECT pg_terminate_backend(%s)', backend)
            eventually(lambda: 'connecting again' in runner.said(), 'it tries to come back')
            time.sleep(0.7)
            self.assertIsNone(runner.process.poll())
            self.rows('ALTER ROLE app CONNECTION LIMIT -1')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')

    def test_too_many_locks(self):
        """53200, which is no lock conflict: not tried again, and the server's hint is handed on."""
        self.project.step('a').step('b', 'DO $$ BEGIN FOR i IN 1..5000 LOOP EXECUTE format(\'CREATE TABLE public.t%s ()\', i); END LOOP; END $$;\n')
        self.project.step('c')
        start = time.monotonic()
        result = self.expect(6, 'apply')
        self.assertLess(time.monotonic() - start, 20)
        self.assertIn('53200', result.err)
        self.assertIn('max_locks_per_transaction', result.err)
        self.assertNotIn('again in', result.err)
        self.assert_applied('a')
        self.assertEqual(['a'], [row[0] for row in self.tables()])

    def test_too_many_locks_in_a_single_transaction(self):
        """Steps that each fit do not fit together: nothing of them is left."""
        many = 'DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format(\'CREATE TABLE public.{}%s ()\', i); END LOOP; END $$;\n'
        for name in 'abcdefghijklmnopqrst':
            self.project.step(name, many.format(name))
        result = self.expect(6, 'apply', '--single-transaction')
        self.assertIn('53200', result.err)
        self.assert_applied()
        self.assertEqual([], self.tables())
        self.expect(0, 'apply')
        self.assert_applied(*'abcdefghijklmnopqrst')


class ImpatientServerTest(harness.FaultTest):
    """A server that ends sessions which do nothing, and sessions that others end."""

    def test_idle_timeouts_of_the_server(self):
        """While it waits for another run, and between two attempts at a lock, a run is idle for longer than they allow."""
        self.project.step('a', self.GATE_SQL).step('b')
        self.long_locks()
        with self.gate():  # a session of before, which these settings do not reach
            if self.cluster.version >= 140000:  # new in 14
                self.rows(f'ALTER DATABASE {self.db} SET idle_session_timeout = 300')
            self.rows(f'ALTER DATABASE {self.db} SET idle_in_transaction_session_timeout = 200')
            first = self.start('apply')
            self.at_gate()
            second = self.start('apply', '--lock-wait=20s')
            eventually(lambda: 'waiting' in second.said(), 'the second waits for the first')
            runs = ("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND application_name NOT LIKE '%% watch' "
                    'AND datname = %s ORDER BY pid')
            before = self.rows(runs, self.db)
            self.assertEqual(2, len(before))
            time.sleep(1)
            self.assertEqual(before, self.rows(runs, self.db))
        for runner in (first, second):
            result = runner.wait()
            self.assertEqual(0, result.code, result)
            self.assertNotIn('connecting again', result.err)
        self.assert_applied('a', 'b')

    def test_stopped_for_longer_than_an_idle_session_may(self):
        """The server has ended the session between two steps: found out before anything is taken for done."""
        self.project.step('a').step('b')
        runner = self.start('apply', env={'SQLMIG_CRASH': 'step_done@1:stop'})
        has_stopped(runner)
        self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND datname = %s", self.db)
        self.no_backends()
        runner.signal(signal.SIGCONT)
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('connecting again', result.err)
        self.assert_applied('a', 'b')
        self.assert_settled()

    def test_watch_is_terminated(self):
        """The session that looks at who waits is ended by somebody: the step does not depend on it."""
        self.project.step('a', 'CREATE TABLE public.a (i int);\nSELECT pg_sleep(1.5);\n')
        runner = self.start('apply')
        eventually(lambda: self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %% watch' "
                                     'AND datname = %s', self.db), 'the watch is there')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a')


class RestartTest(harness.FaultTest):
    durable = True

    def test_server_restarts_between_two_steps(self):
        for how in (signal.SIGINT, signal.SIGQUIT):
            with self.subTest(how):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.project.step('a').step('b').step('c')
                runner = self.start('apply', env={'SQLMIG_CRASH': 'step_done@2:stop'})
                has_stopped(runner)
                self.cluster.stop(how)
                self.cluster.start()
                runner.signal(signal.SIGCONT)
                result = runner.wait()
                self.assertEqual(0, result.code, result)
                self.assert_applied('a', 'b', 'c')
                self.assert_settled()


class ConcurrentBuildTest(harness.FaultTest):
    def test_old_snapshot_for_ever(self):
        """A build that waits for somebody's snapshot ends at the deadline and names who it is. What is INVALID then goes at once when
        the other transaction has not touched the table, and otherwise stays, which is said, until the next run."""
        for sql, index in (('CREATE INDEX CONCURRENTLY big_j ON public.big (j);', 'big_j'), ('REINDEX INDEX CONCURRENTLY public.big_i;', 'big_i_ccnew')):
            for table in ('witness', 'big'):
                with self.subTest(sql=sql, table=table):
                    self.old_snapshot(sql, index, table)

    def old_snapshot(self, sql, index, table):
        self.db = self.cluster.new_database()
        self.rows('CREATE TABLE public.big AS SELECT 1 AS i, 2 AS j; CREATE INDEX big_i ON public.big (i)')
        self.project.head['defaults'] = {'lock_deadline': '2s'}
        self.project.steps = []
        self.project.step('n', sql, witness=False, transaction=False)
        holder = self.cluster.connect(self.db)
        self.addCleanup(holder.close)
        holder.cursor().execute(f'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.{table}')
        start = time.monotonic()
        result = self.expect(5, 'apply')
        self.assertLess(time.monotonic() - start, 15)
        self.assertIn(f'pid {holder.info.backend_pid} ', result.err)
        there = self.rows(f"SELECT 1 FROM pg_class WHERE relname = '{index}'")
        stays = f'the index public.{index} is left INVALID' in result.err
        self.assertEqual((table == 'big', table == 'big'), (bool(there), stays), result)
        holder.cursor().execute('ROLLBACK')
        self.expect(0, 'apply')
        self.assertEqual([], self.rows('SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid'))
        self.assertEqual([], self.rows("SELECT 1 FROM pg_class WHERE relname ~ '_cc(new|old)'"))
        self.assertEqual(['n'], self.applied())

    def test_backend_of_a_build_is_killed(self):
        """As the kernel does when memory runs out, in the middle of an index: the run comes back and builds it again."""
        self.rows("CREATE TABLE public.big AS SELECT 1 AS i; CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql IMMUTABLE AS "
                  f"'SELECT pg_advisory_xact_lock({harness.GATE}); SELECT $1'")
        self.project.step('n', 'CREATE INDEX CONCURRENTLY big_i ON public.big (public.f(i));\n', witness=False, transaction=False)
        with self.gate():
            runner = self.start('apply')
            backend = self.at_gate()
            os.kill(backend, signal.SIGKILL)
            eventually(lambda: not os.path.exists(f'/proc/{backend}'), 'the backend is gone')
            eventually(self.cluster._answers, 'the server is back')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.big_i'::regclass"))
        self.assertEqual(['n'], self.applied())
        self.assert_settled()


class LedgerRightsTest(harness.FaultTest):
    def test_step_that_takes_away_its_own_rights(self):
        """A plain role revokes from itself what the ledger needs: the step fails and takes that back too."""
        self.rows(f"CREATE ROLE plain_{self.db} LOGIN; GRANT CREATE ON SCHEMA public TO plain_{self.db}; GRANT ALL ON public.witness TO "
                  f'plain_{self.db}; GRANT CREATE ON DATABASE {self.db} TO plain_{self.db}')
        self.addCleanup(self.rows, f'DROP OWNED BY plain_{self.db}; DROP ROLE plain_{self.db}')
        env = {'DATABASE_URL': self.cluster.url(self.db, user=f'plain_{self.db}')}
        self.project.step('a').step('b', 'CREATE TABLE public.b (i int);\nREVOKE ALL ON sqlmig.migration FROM CURRENT_USER;\n')
        result = self.expect(6, 'apply', env=env)
        self.assertIn('42501', result.err)
        self.assert_applied('a')
        self.project.write_file('sql/b/up.sql', "INSERT INTO public.witness VALUES ('b');")
        self.expect(0, 'apply', env=env)
        self.assert_applied('a', 'b')


if __name__ == '__main__':
    harness.main()
