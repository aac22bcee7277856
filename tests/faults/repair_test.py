"""The ways out that the errors name do lead out."""

import threading
import time

import harness


class RepairTest(harness.FaultTest):
    UP = "CREATE TABLE public.n (i int);\nSELECT 1/0;\nINSERT INTO public.witness VALUES ('n');\n"

    def interrupted(self):
        self.project.step('n', self.UP, witness=False, transaction=False).step('later')
        self.expect(6, 'apply')
        self.expect(7, 'repair')  # lists it
        self.expect_error(7, 'interrupted', 'rollback')

    def test_interrupted_and_finished_by_hand(self):
        self.interrupted()
        self.expect(2, 'repair', 'n', '--resolve', 'applied')  # asks first
        self.rows("INSERT INTO public.witness VALUES ('n')")
        self.expect(0, 'repair', 'n', '--resolve', 'applied', '--yes')
        self.expect(0, 'apply')
        self.assert_applied('n', 'later')
        self.assert_settled()

    def test_interrupted_and_undone_by_hand(self):
        self.interrupted()
        self.rows('DROP TABLE public.n')
        self.project.write_file('sql/n/up.sql', self.UP.replace('1/0', '1'))
        self.expect(0, 'repair', 'n', '--resolve', 'pending', '--yes')
        self.expect(0, 'apply')
        self.assert_applied('n', 'later')
        self.assert_settled()

    def test_a_running_step_is_not_repaired(self):
        """It only looks interrupted: its runner has the lock."""
        self.long_locks()
        self.project.step('n', 'CREATE TABLE public.n (i int);\nSELECT pg_sleep(2);\n', transaction=False)
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db), 'it runs')
        result = self.run_sqlmig('repair', 'n', '--resolve', 'pending', '--yes', '--lock-wait=500ms')
        self.assertEqual(5, result.code, result)
        self.assertEqual(0, runner.wait().code)
        self.assert_applied('n')

    def test_a_running_step_is_waited_for(self):
        self.long_locks()
        self.project.step('n', 'CREATE TABLE public.n (i int);\nSELECT pg_sleep(3);\n', transaction=False)
        runner = self.start('apply')
        harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s", self.db), 'it runs')
        self.expect(5, 'apply', '--lock-wait=200ms')
        self.assertIn('nothing to do', self.expect(0, 'apply').out)
        self.assertEqual(0, runner.wait().code)
        self.assert_applied('n')

    def test_accept_an_edited_script(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b')
        self.project.write_file('sql/a/up.sql', 'CREATE TABLE public.a (i bigint);')
        self.expect(7, 'apply')
        self.expect(0, 'repair', 'a', '--accept', '--yes')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')

    def test_rename_scope(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.head['project'] = 'renamed'
        self.project.step('b')
        self.expect(7, 'apply')
        self.expect(0, 'repair', '--rename-scope', 'faults/default', '--yes')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')

    def test_wait_until_another_has_applied(self):
        self.long_locks()
        self.project.step('a', 'SELECT pg_sleep(0.7);')
        waiter = self.start('wait', 'heads')
        time.sleep(0.2)
        self.assertIsNone(waiter.process.poll())
        self.expect(0, 'apply')
        self.assertEqual(0, waiter.wait().code)

    def test_stamp_against_apply(self):
        self.project.step('a').step('b')
        self.project.write()
        for _ in range(5):
            self.db = self.cluster.new_database()
            results = []
            threads = [threading.Thread(target=lambda words=words: results.append(self.start(*words, write=False).wait()))
                       for words in (('apply',), ('stamp', 'heads', '--yes'))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertTrue(all(result.code in (0, 7) for result in results), '\n'.join(map(str, results)))
            self.assertEqual(['a', 'b'], sorted(self.applied()))
            self.assertTrue(all(count == 1 for count in self.witnesses().values()))


if __name__ == '__main__':
    harness.main()
