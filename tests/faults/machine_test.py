"""Faults of the machine that sqlmig runs on: memory that is refused, a wall clock that jumps, files that cannot be read. A
small library in front of the C library (preload.c) makes them."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import harness

FOLDER = os.path.dirname(os.path.abspath(__file__))


class MachineTest(harness.FaultTest):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.mkdtemp(prefix='sqlmig-l-')
        cls.addClassCleanup(shutil.rmtree, cls.built)
        cls.library = os.path.join(cls.built, 'preload.so')
        subprocess.run(['cc', '-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', cls.library,
                        os.path.join(FOLDER, 'preload.c')], check=True)

    def fault(self, **faults):
        return {'LD_PRELOAD': self.library, **{name: str(value) for name, value in faults.items()}}


class ClockTest(MachineTest):
    """Deadlines and durations are the monotonic clock's; the wall clock jumps by an hour at each look."""

    def jumping(self, *arguments, **env):
        return self.start(*arguments, env={**self.fault(FAULT_CLOCK=1), **env})

    def test_the_clock_jumps_indeed(self):
        """Else the other tests show nothing: the times of the log are an hour off."""
        self.project.step('a')
        self.assertEqual(0, self.jumping('apply').wait().code)
        hours = set(re.findall(r'^\d+-\d+-\d+T(\d+):', self.project.read_file('sqlmig.log'), re.MULTILINE))
        self.assertGreater(len(hours), 1, 'the library is not in front of the clock')

    def test_lock_deadline(self):
        self.rows('CREATE TABLE public.busy (i int)')
        self.project.head['defaults'] = {'lock_timeout': '200ms', 'lock_deadline': '2s'}
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        holder = self.cluster.connect(self.db)
        self.addCleanup(holder.close)
        holder.cursor().execute('BEGIN; LOCK TABLE public.busy')
        start = time.monotonic()
        result = self.jumping('apply').wait()
        took = time.monotonic() - start
        self.assertEqual(5, result.code, result)
        self.assertTrue(1.2 < took < 8, took)
        holder.cursor().execute('ROLLBACK')
        result = self.jumping('apply').wait()
        self.assertEqual(0, result.code, result)
        self.assertRegex(result.out, r'applied in \d+ ms')
        self.assertTrue(0 <= self.rows('SELECT duration_ms FROM sqlmig.migration')[0][0] < 10_000)

    def test_lock_wait_and_wait_for_the_server(self):
        self.long_locks()
        self.project.step('a', self.GATE_SQL)
        with self.gate():
            first = self.jumping('apply')
            self.at_gate()
            start = time.monotonic()
            result = self.jumping('apply', '--lock-wait=1s').wait()
            took = time.monotonic() - start
            self.assertEqual(5, result.code, result)
            self.assertTrue(0.9 < took < 6, took)
        self.assertEqual(0, first.wait().code)
        start = time.monotonic()
        result = self.jumping('apply', '--wait-db=1s', DATABASE_URL=self.cluster.url(self.db, tcp=True, port=harness.free_port())).wait()
        took = time.monotonic() - start
        self.assertEqual(4, result.code, result)
        self.assertTrue(0.9 < took < 6, took)

    def test_order_is_not_the_clocks(self):
        """The server's clock was set back between the steps: what was applied last is still undone first."""
        self.project.step('a').step('b').step('c')
        self.expect(0, 'apply')
        self.rows("UPDATE sqlmig.migration SET applied_at = applied_at - ordinal * interval '1 hour'")
        self.expect(0, 'rollback', '--yes')
        self.assertEqual(['a', 'b'], self.applied())
        self.expect(0, 'apply')
        self.assertEqual(['a', 'b', 'c'], self.applied())


class UnreadableTest(MachineTest):
    def test_io_error_of_a_script(self):
        """A bad sector in the second script: refused before the first one runs."""
        self.project.step('a').step('b')
        result = self.expect_error(3, 'script', 'apply', env=self.fault(FAULT_READ='EIO', FAULT_FILE='/b/up.sql'))
        self.assertIn('sql/b/up.sql', result.out)
        self.assertIn('Input/output error', result.out)
        self.assert_applied()
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')

    def test_io_error_of_the_manifest(self):
        self.project.step('a')
        result = self.run_sqlmig('apply', env=self.fault(FAULT_READ='EIO', FAULT_FILE='/migrations.yaml'))
        self.assertEqual(3, result.code, result)
        self.assertIn('Input/output error', result.err)
        self.assert_applied()

    def test_interrupted_reads_are_repeated(self):
        self.project.step('a').step('b')
        for name in ('.sql', '.yaml'):
            with self.subTest(name):
                self.db = self.cluster.new_database()
                self.expect(0, 'apply', env=self.fault(FAULT_READ='EINTR', FAULT_FILE=name))
                self.assert_applied('a', 'b')


class MemoryTest(MachineTest):
    """The n-th allocation fails: an orderly end with a true exit status, or success, and one plain re-run ends it. OpenSSL,
    libpg_query, CLI11 and what runs before main() end the process when it happens to them; then no step may have begun."""

    def project_of_all_kinds(self):
        self.project.step('a')
        self.project.step('n', "CREATE TABLE public.n (i int);\nCREATE INDEX CONCURRENTLY n_i ON public.n (i);\nINSERT INTO public.witness VALUES "
                          "('n');\n", witness=False, transaction=False)
        self.project.step('c')

    def each(self, points, may_die, **more):
        """How many of the runs did not end in success."""
        self.project_of_all_kinds()
        counted = self.project.path('count')
        self.expect(0, 'apply', env=self.fault(FAULT_COUNT=counted))
        self.assert_applied('a', 'n', 'c')
        total = int(self.project.read_file('count'))
        self.assertGreater(total, 1000)
        failed = 0
        for part in range(points):
            number = 1 + total * part // points
            with self.subTest(allocation=number, of=total):
                self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP TABLE IF EXISTS public.a, public.n, public.c; TRUNCATE public.witness')
                result = self.run_sqlmig('apply', env=self.fault(FAULT_MALLOC=number, **more))
                failed += result.code != 0
                self.no_backends()
                applied = self.applied()
                if result.code in (-signal.SIGABRT, -signal.SIGSEGV):
                    self.assertTrue(may_die or not applied, result)
                else:
                    self.assertIn(result.code, (0, 4, 6, 9, 70), result)
                # A step without a transaction may be half done; the others are there with their row, or not at all.
                witnesses = {name: count for name, count in self.witnesses().items() if name != 'n'}
                self.assertEqual({name: 1 for name in applied if name != 'n'}, witnesses, result)
                if result.code == 0:
                    self.assert_applied('a', 'n', 'c')
                self.expect(0, 'apply')
                self.assert_applied('a', 'n', 'c')
        return failed

    def test_one_allocation_fails(self):
        self.assertGreater(self.each(24, may_die=False), 6)

    def test_a_url_is_not_called_malformed_for_lack_of_memory(self):
        counted = self.project.path('count')
        self.project.step('a')
        self.expect(2, 'apply', env=self.fault(FAULT_COUNT=counted, DATABASE_URL='postgresql://[x/'))
        total = int(self.project.read_file('count'))
        ends = set()
        for number in range(total - 150, total):
            result = self.run_sqlmig('apply', '--dry-run', env=self.fault(FAULT_MALLOC=number))
            self.assertNotIn('malformed', result.err)
            self.assertNotEqual(2, result.code, result)
            ends.add(result.code)
        self.assertIn(70, ends)

    def test_all_allocations_from_one_on_fail(self):
        """Not even the error can be told then: as good as kill -9, and no worse."""
        self.assertGreater(self.each(12, may_die=True, FAULT_MALLOC_ALL=1), 6)

    def test_what_was_committed_is_not_said_to_be_rolled_back(self):
        """The memory is missing for the answer to a step's message."""
        self.project.step('a')
        for number in range(1, 40, 2):
            self.rows('DROP SCHEMA IF EXISTS sqlmig CASCADE; DROP TABLE IF EXISTS public.a; TRUNCATE public.witness')
            result = self.run_sqlmig('apply', env=self.fault(FAULT_MALLOC=number, FAULT_AFTER='CREATE TABLE public.a'))
            if self.applied():
                self.assertNotIn('a was rolled back', result.err, f'allocation {number}')


if __name__ == '__main__':
    harness.main()
