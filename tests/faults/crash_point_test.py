"""The crash points of the program as it is shipped: wherever a run dies, one plain re-run ends it, and the next does
nothing."""

import os
import re
import signal
import time

import harness


class CrashPointTest(harness.FaultTest):
    """P1, P2, P3 at every boundary of the protocol."""

    # Points that each way of running reaches; together they are all of them.
    UP = {'connected', 'message_sent', 'locked', 'planned', 'run_started', 'step_begin', 'step_answered', 'step_done', 'units_begun',
          'unit_begin', 'unit_intended', 'unit_unrecorded', 'unit_done', 'units_end', 'receipt', 'run_end', 'run_ended'}

    # Only where a step is proved: prove_test.py.
    PROVED = {'step_proved'}

    def make(self):
        self.project.step('a', "CREATE TABLE public.a (i int);\n")
        self.project.step('n', "INSERT INTO public.witness VALUES ('n');\nCREATE INDEX CONCURRENTLY a_i ON public.a (i);\n"
                          'BEGIN;\nCREATE TABLE public.n (i int);\nINSERT INTO public.n VALUES (1);\nCOMMIT;\n',
                          'DROP TABLE public.n;\nDROP INDEX CONCURRENTLY public.a_i;\n', witness=False, transaction=False)
        self.project.step('c')

    def crash(self, where, *arguments):
        """Exit status of a run that dies there; none: it never came there."""
        result = self.run_sqlmig(*arguments, env={'SQLMIG_CRASH': where})
        return result.code

    def everywhere(self, prepare, *arguments, check):
        self.make()
        points = re.findall(r'points: (.*)', self.expect(2, 'status', env={'SQLMIG_CRASH': 'x:kill'}).err)[0].split(', ')
        self.assertEqual(self.UP | self.PROVED, set(points))
        reached = set()
        kills = 0
        for point in points:
            for number in range(1, 100):
                with self.subTest(point=point, number=number):
                    self.db = self.cluster.new_database()
                    prepare()
                    code = self.crash(f'{point}@{number}:kill', *arguments)
                    if code == -signal.SIGKILL:
                        reached.add(point)
                        kills += 1
                        self.no_backends()
                        self.expect(0, *arguments)
                    else:
                        self.assertEqual(0, code)
                    check()
                if code != -signal.SIGKILL:
                    break
        return reached, kills

    def no_backends(self):
        harness.eventually(lambda: not self.rows("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND datname = %s", self.db),
                           'the sessions are gone')

    def test_apply(self):
        def check():
            self.assert_applied('a', 'n', 'c')
            self.assertEqual([(1,)], self.rows('SELECT count(*) FROM public.n'))
            self.assertEqual([(True,)], self.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.a_i'::regclass"))
            self.assert_settled()
        reached, kills = self.everywhere(lambda: None, 'apply', '--receipts', check=check)
        self.assertEqual(self.UP, reached)
        self.assertGreater(kills, 40)

    def test_rollback(self):
        def check():
            self.assertEqual([], self.tables())
            self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.migration'))
            self.assertEqual([], self.rows('SELECT 1 FROM sqlmig.run WHERE ended_at IS NULL'))
        _, kills = self.everywhere(lambda: self.expect(0, 'apply'), 'rollback', 'base', '--yes', check=check)
        self.assertGreater(kills, 30)

    def test_what_is_no_point_is_refused(self):
        self.project.step('a')
        for text in ('', 'locked', 'locked:', 'locked@0:kill', 'locked@x:kill', 'nowhere:kill', 'locked:delay', 'locked:delay=0', 'locked:die'):
            with self.subTest(text):
                result = self.expect(2, 'apply', env={'SQLMIG_CRASH': text})
                self.assertIn('POINT@N:ACTION', result.err)
        self.assertEqual([], self.tables())

    def test_delay(self):
        self.project.step('a')
        start = time.monotonic()
        self.expect(0, 'apply', env={'SQLMIG_CRASH': 'locked:delay=700'})
        self.assertGreater(time.monotonic() - start, 0.7)
        self.assert_applied('a')

    def test_stopped_while_a_rival_runs(self):
        """SIGSTOP, the server loses patience with the session, another run does the work, SIGCONT: nothing twice."""
        for point in ('planned', 'step_begin@1', 'step_begin@2', 'step_done@1', 'run_end'):
            with self.subTest(point):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.project.step('a').step('b').step('c')
                runner = self.start('apply', env={'SQLMIG_CRASH': point + ':stop'})
                harness.eventually(lambda: open(f'/proc/{runner.process.pid}/stat').read().split()[2] == 'T', 'it has stopped')
                self.expect(5, 'apply', '--lock-wait=300ms')  # it still holds the lock
                self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%' AND datname = %s", self.db)
                self.no_backends()
                self.expect(0, 'apply')
                os.kill(runner.process.pid, signal.SIGCONT)
                result = runner.wait()
                self.assertIn(result.code, (0, 4, 7), result)
                self.assert_applied('a', 'b', 'c')
                self.assert_settled()


if __name__ == '__main__':
    harness.main()
