"""Whatever dies, and whenever: a step and its row are both there or both absent, and one plain re-run converges."""

import os
import signal
import threading
import time

import harness
from harness import Cluster, Proxy, eventually


class ProxyTest(harness.FaultTest):
    """Runs sqlmig through a proxy; `hook` of the proxy may use self.kill_now()."""

    def setUp(self):
        super().setUp()
        self.proxies = []
        self.runner = None
        self.started = threading.Event()

    def proxy(self, hook=None):
        proxy = Proxy(self.cluster.port, hook)
        self.addCleanup(proxy.close)
        return proxy

    def through(self, proxy, *arguments, env=None):
        """Starts sqlmig behind the proxy."""
        self.started.clear()
        url = self.cluster.url(self.db, tcp=True, port=proxy.port)
        self.runner = self.start(*arguments, env={'DATABASE_URL': url, **(env or {})})
        self.started.set()
        return self.runner

    def kill_now(self):
        self.started.wait(10)
        self.runner.kill()
        return 'cut'

    def three_steps(self):
        self.project.step('a').step('b').step('c')


class EveryBoundaryTest(ProxyTest):
    """Each message between sqlmig and the server once as the last one that anybody sees."""

    def boundaries(self):
        """What an undisturbed run sends and gets: (side, number) of every message of the client and every end of an answer."""
        seen = []

        def watch(side, connection, number, kind, body):
            if connection == 0 and (side == 'client' or kind == 'Z'):
                seen.append((side, number))
        result = self.through(self.proxy(watch), 'apply').wait()
        self.assertEqual(0, result.code, result)
        self.expected = self.tables()
        return seen

    def matrix(self, act, *actions):
        self.three_steps()
        boundaries = self.boundaries()
        self.assertGreater(len(boundaries), 15)
        for side, number in boundaries:
            for action in actions:
                if action == 'half' and side == 'server':
                    continue
                with self.subTest(side=side, number=number, action=action):
                    self.db = self.cluster.new_database()
                    hit = threading.Event()

                    def hook(at_side, connection, at_number, kind, body, side=side, number=number, action=action, hit=hit):
                        if (at_side, connection, at_number) != (side, 0, number):
                            return None
                        hit.set()
                        return self.kill_now() if action == 'kill' else action
                    proxy = self.proxy(hook)
                    act(self.through(proxy, 'apply', '--lock-wait=10s'), action)
                    proxy.close()
                    self.assertTrue(hit.is_set(), 'the message was not seen')
                    self.converges()

    def converges(self):
        result = self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')
        self.assertEqual(self.expected, self.tables(), result)
        self.assert_settled()

    def consistent(self):
        """P1 while nothing has been mended yet."""
        self.no_backends()
        applied = self.applied()
        self.assertEqual({name: 1 for name in applied}, self.witnesses())
        self.assertEqual(['a', 'b', 'c'][:len(applied)], applied)

    def test_kill_9(self):
        def act(runner, action):
            self.assertIn(runner.wait().code, (-signal.SIGKILL, 0))  # 0: it had said good-bye
            self.consistent()
        self.matrix(act, 'kill')

    def test_connection_cut(self):
        def act(runner, action):
            result = runner.wait()
            self.assertIn(result.code, (0, 4), result)
            if result.code == 0:
                self.assert_applied('a', 'b', 'c')
            else:
                self.assertIn('hint: ', result.err)
            self.consistent()
            self.assert_no_secret(result)
        self.matrix(act, 'cut', 'half', 'after')


class LostCommitTest(ProxyTest):
    """Both sides of the COMMIT give the client the same error; the ledger decides."""

    def setUp(self):
        super().setUp()
        self.three_steps()
        self.in_step = False

    def hook_at(self, place, action, step='b', once=True):
        """`place`: 'message' (the step's message), 'commit' (the server's answer to its COMMIT)."""
        done = []

        def hook(side, connection, number, kind, body):
            if side == 'client' and kind == 'Q':
                self.in_step = f"VALUES ('{step}');".encode() in body
                if self.in_step and place == 'message' and not (once and done):
                    done.append(1)
                    return action() if callable(action) else action
            if side == 'server' and kind == 'C' and body == b'COMMIT\0' and self.in_step and place == 'commit' and not (once and done):
                done.append(1)
                return action() if callable(action) else action
            return None
        return hook

    def cut(self, place, action, said):
        result = self.through(self.proxy(self.hook_at(place, action)), 'apply').wait()
        self.assertEqual(0, result.code, result)
        if said:
            self.assertIn(said, result.err)
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_cut_before_the_commit_reaches_the_server(self):
        self.cut('message', 'half', 'b had not been committed; it is run again')

    def test_cut_instead_of_the_message(self):
        self.cut('message', 'cut', 'b had not been committed; it is run again')

    def test_cut_while_the_server_works(self):
        # Some answers may get through before the cut, even all of them: then the next step's message finds it.
        self.cut('message', 'after', ' had ')

    def test_cut_after_the_commit_before_its_answer(self):
        self.cut('commit', 'cut', 'b had been committed')

    def test_cut_within_the_answer(self):
        self.cut('commit', 'half', 'b had been committed')

    def test_cut_behind_the_answer(self):
        self.cut('commit', 'after', None)

    def test_every_message_of_the_answer(self):
        messages = []

        def count(side, connection, number, kind, body):
            if side == 'client' and kind == 'Q':
                self.in_step = b"VALUES ('b');" in body
            elif side == 'server' and self.in_step:
                messages.append(number)
        self.assertEqual(0, self.through(self.proxy(count), 'apply').wait().code)
        self.assertGreater(len(messages), 15)
        for number in messages[::3] + messages[-3:]:
            with self.subTest(number):
                self.db = self.cluster.new_database()

                def hook(side, connection, at, kind, body, number=number):
                    return 'cut' if (side, connection, at) == ('server', 0, number) else None
                result = self.through(self.proxy(hook), 'apply').wait()
                self.assertEqual(0, result.code, result)
                self.assert_applied('a', 'b', 'c')

    def test_cut_again_and_again(self):
        """A connection that never survives the step: an end with an error, not an endless loop."""
        result = self.through(self.proxy(self.hook_at('message', 'half', once=False)), 'apply', '--reconnect-wait=5s').wait()
        self.assertIn(result.code, (4, 9), result)
        self.assert_applied('a')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')

    def test_rollback(self):
        self.expect(0, 'apply')
        for place, action in (('message', 'half'), ('commit', 'cut')):
            with self.subTest(place):
                done = []

                def hook(side, connection, number, kind, body, place=place, action=action, done=done):
                    if side == 'client' and kind == 'Q':
                        self.in_step = b'DROP TABLE public.' in body
                    hit = self.in_step and not done and ((place == 'message' and side == 'client') or
                                                         (place == 'commit' and kind == 'C' and body == b'COMMIT\0'))
                    if hit:
                        done.append(1)
                    return action if hit else None
                result = self.through(self.proxy(hook), 'rollback').wait()
                self.assertEqual(0, result.code, result)
        self.assertEqual(['a'], self.applied())
        self.assertEqual(['a'], [row[0] for row in self.tables()])

    def test_single_transaction(self):
        for place, action in (('message', 'half'), ('commit', 'cut')):
            with self.subTest(place):
                self.db = self.cluster.new_database()
                hook = self.hook_at(place, action, step='c')
                result = self.through(self.proxy(hook), 'apply', '--single-transaction').wait()
                self.no_backends()
                if result.code == 0:
                    self.assert_applied('a', 'b', 'c')
                else:
                    self.assertIn(result.code, (4, 9), result)
                self.assertIn(self.applied(), ([], ['a', 'b', 'c']), result)
                self.expect(0, 'apply')
                self.assert_applied('a', 'b', 'c')
                self.assert_settled()

    def unknown(self, place, action):
        proxy = self.proxy()

        def act():
            proxy.refuse = True
            return action
        proxy.hook = self.hook_at(place, act)
        result = self.through(proxy, 'apply', '--reconnect-wait=1s').wait()
        self.assertEqual(9, result.code, result)
        self.assertIn('SELECT', result.err)  # the question that a person can ask the server
        self.no_backends()
        return result

    def test_not_had_back_committed(self):
        self.unknown('commit', 'cut')
        self.assert_applied('a', 'b')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_not_had_back_not_committed(self):
        self.unknown('message', 'half')
        self.assert_applied('a')
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_another_cluster_answers(self):
        other = Cluster()
        self.addCleanup(other.destroy)
        other.query('postgres', f"ALTER ROLE postgres PASSWORD '{self.cluster.password}'")
        other.query('postgres', f'CREATE DATABASE {self.db}')
        proxy = self.proxy()

        def act():
            proxy.server_port = other.port
            return 'half'
        proxy.hook = self.hook_at('message', act)
        result = self.through(proxy, 'apply', '--reconnect-wait=3s').wait()
        self.assertIn(result.code, (7, 9), result)
        self.assertIn('another database cluster', result.err)
        self.assertEqual([], other.query(self.db, "SELECT nspname FROM pg_namespace WHERE nspname = 'sqlmig'"))

    def test_frozen_at_the_commit(self):
        """The answer never comes and the connection stays open: a signal must still end the run, and nothing is done twice."""
        runner = self.through(self.proxy(self.hook_at('commit', 'freeze')), 'apply', '--reconnect-wait=1s')
        eventually(lambda: 'b' in self.applied(), 'b is committed')
        time.sleep(0.3)
        runner.signal(signal.SIGTERM)
        result = runner.wait(25)
        self.assertIn(result.code, (143, 9), result)
        self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'sqlmig%%'", self.db)
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')


class LostBookkeepingTest(ProxyTest):
    """The one transaction in which stamp and repair write: settled as a step's is."""

    def setUp(self):
        super().setUp()
        self.three_steps()

    def hook_at(self, word, place, action, once=True):
        done = []
        state = {'writes': False}

        def hook(side, connection, number, kind, body):
            if side == 'client' and kind == 'Q':
                state['writes'] = word in body
            hit = state['writes'] and not (once and done) and (
                (place == 'message' and side == 'client' and kind == 'Q') or (place == 'commit' and side == 'server' and kind == 'C' and body == b'COMMIT\0'))
            if hit:
                done.append(1)
            return (action() if callable(action) else action) if hit else None
        return hook

    CUTS = (('message', 'cut', True), ('message', 'half', True), ('commit', 'cut', False), ('commit', 'half', False), ('commit', 'after', None))

    def test_stamp(self):
        for place, action, again in self.CUTS:
            with self.subTest(f'{place} {action}'):
                self.db = self.cluster.new_database()
                result = self.through(self.proxy(self.hook_at(b"'stamped'", place, action)), 'stamp', 'heads').wait()
                self.assertEqual(0, result.code, result)
                if again is not None:
                    self.assertIn('connecting again', result.err)
                self.assertIn('3', result.out)  # told as what it did, whenever it was found out
                self.assertEqual(['a', 'b', 'c'], self.applied())
                self.assertEqual([('stamped', 3)], self.rows('SELECT kind, count(*) FROM sqlmig.event GROUP BY 1'))
                self.assertEqual(['done'], [row[0] for row in self.rows("SELECT coalesce(outcome, 'done') FROM sqlmig.run")])
                self.assert_settled()

    def test_stamp_that_removes(self):
        for place, action, _ in self.CUTS:
            with self.subTest(f'{place} {action}'):
                self.db = self.cluster.new_database()
                self.expect(0, 'stamp', 'heads')
                result = self.through(self.proxy(self.hook_at(b"'unstamped'", place, action)), 'stamp', 'a', '--yes').wait()
                self.assertEqual(0, result.code, result)
                self.assertEqual(['a'], self.applied())
                self.assertEqual([('stamped', 3), ('unstamped', 2)], self.rows('SELECT kind, count(*) FROM sqlmig.event GROUP BY 1 ORDER BY 1'))

    def test_repair(self):
        for place, action, _ in self.CUTS:
            with self.subTest(f'{place} {action}'):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.three_steps()
                self.expect(0, 'apply')
                self.project.write_file('sql/b/up.sql', 'SELECT 1;\n')
                proxy = self.proxy(self.hook_at(b"'repaired'", place, action))
                result = self.through(proxy, 'repair', 'b', '--accept', '--yes').wait()
                self.assertEqual(0, result.code, result)
                self.assertEqual([(1,)], self.rows("SELECT count(*) FROM sqlmig.event WHERE kind = 'repaired'"))
                self.expect(0, 'apply')

    def test_cut_again_and_again(self):
        result = self.through(self.proxy(self.hook_at(b"'stamped'", 'message', 'half', once=False)), 'stamp', 'heads').wait()
        self.assertEqual(4, result.code, result)
        self.assertEqual([], self.applied())
        self.expect(0, 'stamp', 'heads')
        self.assertEqual(['a', 'b', 'c'], self.applied())

    def test_another_run_came_in_between(self):
        """What is to be written is worked out anew."""
        proxy = self.proxy()
        result_of = []

        def between():
            proxy.refuse = True  # until the other run is done
            self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'sqlmig%%'", self.db)
            result_of.append(self.run_sqlmig('stamp', 'b').code)
            proxy.refuse = False
            return 'cut'
        proxy.hook = self.hook_at(b"'stamped'", 'message', between)
        result = self.through(proxy, 'stamp', 'heads').wait()
        self.assertEqual([0], result_of)
        self.assertEqual(0, result.code, result)
        self.assertEqual(['a', 'b', 'c'], self.applied())
        self.assertEqual([('stamped', 3)], self.rows('SELECT kind, count(*) FROM sqlmig.event GROUP BY 1'))
        self.assert_settled()


class SwappedTransactionTest(ProxyTest):
    """Transaction control that no parser has seen: it gets into the message on its way to the server."""

    PLACE = b'/* ' + b'.' * 40 + b' */'

    def test_a_swapped_transaction_is_never_success(self):
        for hidden in (b'COMMIT', b'COMMIT; BEGIN', b'COMMIT AND CHAIN', b'ROLLBACK; BEGIN', b'ROLLBACK AND CHAIN',
                       b'COMMIT; CREATE TABLE x (i int); BEGIN'):
            with self.subTest(hidden):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.project.step('a', 'CREATE TABLE public.a (i int);\n' + self.PLACE.decode() + '\nCREATE TABLE public.b (i int);\n').step('c')

                def hook(side, connection, number, kind, body, hidden=hidden):
                    if side != 'client' or self.PLACE not in body:
                        return None
                    return body.replace(self.PLACE, (hidden + b';').ljust(len(self.PLACE)), 1)
                result = self.through(self.proxy(hook), 'apply').wait()
                self.assertEqual(6, result.code, result)
                self.assertIn("the script of a ended the step's transaction itself", result.err)
                self.assertEqual([], self.applied())
                self.assertEqual({}, self.witnesses())


class ServerDiesTest(harness.FaultTest):
    durable = True

    def setUp(self):
        super().setUp()
        self.long_locks()
        self.project.step('a').step('b', self.GATE_SQL + 'CREATE TABLE public.b (i int);\n').step('c')

    def in_step_b(self, act, *arguments):
        with self.gate():
            runner = self.start('apply', *arguments)
            backend = self.at_gate()
            act(backend)
        return runner

    def test_immediate_stop_in_a_step(self):
        def act(backend):
            self.cluster.crash()
            self.cluster.start()
        result = self.in_step_b(act).wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('connecting again', result.err)
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_immediate_stop_and_not_back_in_time(self):
        def act(backend):
            self.cluster.crash()
        result = self.in_step_b(act, '--reconnect-wait=1s').wait()
        self.cluster.start()
        self.assertEqual(9, result.code, result)
        self.assertEqual({name: 1 for name in self.applied()}, self.witnesses())
        self.assertNotIn('b', self.applied())
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_fast_stop_in_a_step(self):
        def act(backend):
            self.cluster.stop()
            self.cluster.start()
        result = self.in_step_b(act).wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')

    def test_backend_killed(self):
        """As the kernel does when memory runs out: all sessions die."""
        def act(backend):
            os.kill(backend, signal.SIGKILL)
            eventually(lambda: not os.path.exists(f'/proc/{backend}'), 'the backend is gone')
            eventually(self.cluster._answers, 'the server is back')
        result = self.in_step_b(act).wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')

    def test_backend_terminated(self):
        def act(backend):
            self.rows('SELECT pg_terminate_backend(%s)', backend)
        result = self.in_step_b(act).wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()

    def test_statement_cancelled_by_somebody(self):
        def act(backend):
            self.rows('SELECT pg_cancel_backend(%s)', backend)
        result = self.in_step_b(act).wait()
        self.assertEqual(6, result.code, result)
        self.assertIn('57014', result.err)
        self.assert_applied('a')

    def test_killed_in_a_step(self):
        """kill -9 while the server works: the orphan keeps the lock until it is gone, and a second run waits for that."""
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            runner.kill()
            again = self.start('apply')
            time.sleep(0.3)
            self.assertIsNone(again.process.poll())
        result = again.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')
        self.assert_settled()
        outcomes = dict(self.rows('SELECT outcome, count(*) FROM sqlmig.run GROUP BY 1'))
        self.assertEqual({'abandoned': 1, 'done': 1}, outcomes)


class DurabilityTest(ProxyTest):
    """Commits are asynchronous, success is not. The server's own writer is slowed down, so that what only it would have
    written is really lost in a crash."""

    @classmethod
    def setUpClass(cls):
        cls.own = Cluster(durable=True, settings=['wal_writer_delay=10s', 'wal_writer_flush_after=1GB'])

    @classmethod
    def tearDownClass(cls):
        cls.own.destroy()

    def setUp(self):
        super().setUp()
        self.cluster = self.own
        self.db = self.cluster.new_database()
        self.names = [f's{i}' for i in range(8)]
        for name in self.names:
            self.project.step(name)

    def crash_and_restart(self):
        self.cluster.crash()
        self.cluster.start()

    def test_success_survives_a_crash(self):
        for number in range(3):
            with self.subTest(number):
                self.db = self.cluster.new_database()
                self.expect(0, 'apply')
                self.crash_and_restart()
                self.assert_applied(*self.names)
                self.assert_settled()

    def test_success_survives_a_crash_where_commits_are_asynchronous(self):
        self.rows(f'ALTER DATABASE {self.db} SET synchronous_commit = off')
        self.expect(0, 'apply')
        self.crash_and_restart()
        self.assert_applied(*self.names)
        self.assert_settled()

    def test_failure_survives_a_crash(self):
        self.project.step('bad', 'SELECT 1/0;')
        self.expect(6, 'apply')
        self.crash_and_restart()
        self.assert_applied(*self.names)
        self.assertEqual([('sql',)], self.rows('SELECT outcome FROM sqlmig.run'))

    def test_rollback_survives_a_crash(self):
        self.expect(0, 'apply')
        self.expect(0, 'rollback', 's0', '--yes')
        self.crash_and_restart()
        self.assertEqual(['s0'], self.applied())
        self.assertEqual(['s0'], [row[0] for row in self.tables()])

    def test_crash_in_a_step_takes_steps_before_it_and_they_are_run_again(self):
        self.long_locks()
        self.project.step('gated', self.GATE_SQL).step('after')
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.crash_and_restart()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('s7 had not been committed; it is run again', result.err)
        self.assert_applied(*self.names, 'gated', 'after')
        self.assertEqual([*self.names, 'gated', 'after'], self.applied())
        self.assert_settled()

    def test_crash_at_the_end_of_the_run(self):
        """The last message of the run meets a dead server, which has lost the last steps."""
        reached, go_on = threading.Event(), threading.Event()

        def hook(side, connection, number, kind, body):
            if side == 'client' and b'ended_at = ' in body:
                reached.set()
                go_on.wait(30)
        runner = self.through(self.proxy(hook), 'apply')
        self.assertTrue(reached.wait(30))
        self.crash_and_restart()  # not in the proxy's thread, with which the server would end
        go_on.set()
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertIn('s7 had not been committed; it is run again', result.err)
        self.assert_applied(*self.names)
        self.assert_settled()

    def test_killed_before_the_end_of_the_run_and_crash(self):
        lost = 0
        for _ in range(3):
            self.db = self.cluster.new_database()

            def hook(side, connection, number, kind, body):
                return self.kill_now() if side == 'client' and b'ended_at = ' in body else None
            self.through(self.proxy(hook), 'apply').wait()
            self.crash_and_restart()
            applied = self.applied()
            lost += len(self.names) - len(applied)
            self.assertEqual(self.names[:len(applied)], applied)  # at most a suffix is lost, rows and tables alike
            self.assertEqual({name: 1 for name in applied}, self.witnesses())
            self.expect(0, 'apply')
            self.assert_applied(*self.names)
            self.crash_and_restart()
            self.assert_applied(*self.names)
            self.assert_settled()
        self.assertGreater(lost, 0, 'nothing was lost: this server writes too eagerly for the test to show anything')

    def test_open_run_is_closed_with_a_synchronous_commit(self):
        """All steps are committed but maybe not on disk; a next run that finds nothing to do must settle that first."""
        def hook(side, connection, number, kind, body):
            return self.kill_now() if side == 'client' and b'ended_at = ' in body else None
        self.through(self.proxy(hook), 'apply').wait()
        self.no_backends()
        self.assertEqual([(None,)], self.rows('SELECT outcome FROM sqlmig.run'))
        result = self.expect(0, 'apply')
        self.crash_and_restart()
        self.assert_applied(*self.names)
        self.assertEqual([('abandoned',)], self.rows('SELECT outcome FROM sqlmig.run'), result)
        self.assert_settled()


class NonTransactionalTest(ProxyTest):
    """Kill -9 at each message of a step that runs without a transaction: one plain re-run ends it."""

    UP = ('CREATE TABLE public.n (i int);\nCREATE INDEX CONCURRENTLY n_i ON public.n (i);\n'
          "BEGIN;\nINSERT INTO public.witness VALUES ('n');\nINSERT INTO public.n VALUES (1);\nCOMMIT;\n")

    def there(self):
        """Which of the three units have been done, as the database shows it."""
        tables = [row[0] for row in self.tables()]
        index = self.rows("SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'n_i'")
        return int('n' in tables) + int(index == [(True,)]) + len(self.witnesses())

    def test_kill_9(self):
        self.project.step('n', self.UP, witness=False, transaction=False)
        numbers = []

        def watch(side, connection, number, kind, body):
            if connection == 0 and (side == 'client' or kind == 'Z'):
                numbers.append((side, number))
        self.assertEqual(0, self.through(self.proxy(watch), 'apply').wait().code)
        resumed = 0
        for place in numbers:
            with self.subTest(place):
                self.db = self.cluster.new_database()

                def hook(side, connection, number, kind, body, place=place):
                    return self.kill_now() if (connection, (side, number)) == (0, place) else None
                self.through(self.proxy(hook), 'apply').wait()
                self.no_backends()
                half = self.rows("SELECT to_regclass('sqlmig.migration') IS NOT NULL")[0][0]
                half = half and self.rows("SELECT count(*) FROM sqlmig.migration WHERE status = 'applying'")[0][0]
                resumed += half or 0
                result = self.expect(0, 'apply')
                self.assertEqual(3, self.there(), result)
                self.assert_applied('n')
                self.assert_settled()
        self.assertGreater(resumed, 4)

    def test_connection_cut_in_a_statement(self):
        """Once: the same run goes on by itself. Twice: the next one does."""
        self.project.step('n', self.UP, witness=False, transaction=False)
        for cuts, code in ((1, 0), (2, 4)):
            with self.subTest(cuts):
                self.db = self.cluster.new_database()
                done = []

                def hook(side, connection, number, kind, body):
                    if side == 'client' and b'CREATE INDEX CONCURRENTLY' in body and len(done) < cuts:
                        done.append(number)
                        return 'half'
                    return None
                result = self.through(self.proxy(hook), 'apply').wait()
                self.assertEqual(code, result.code, result)
                self.assertEqual(cuts, len(done))
                if code:
                    self.assertIn("when the server is back, run 'sqlmig apply' again: it goes on with statement 2 of n", result.err)
                self.no_backends()
                self.expect(0, 'apply')
                self.assertEqual(3, self.there())
                self.assert_applied('n')
                self.assert_settled()


if __name__ == '__main__':
    harness.main()
