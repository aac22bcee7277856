"""A network that loses everything: no packet, no reset, no end. Only the kernel's timers tell that nobody is there."""

import ctypes
import os
import signal
import subprocess
import sys
import time

import harness
from harness import eventually

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


class HalfOpenTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.long_locks()
        namespaces = ['--net'] if os.geteuid() == 0 else ['--user', '--map-root-user', '--net']
        relay = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'relay.py')
        self.relay = subprocess.Popen(['unshare', *namespaces, sys.executable, '-B', relay, f'{self.cluster.folder}/.s.PGSQL.{self.cluster.port}'],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      preexec_fn=harness.die_with_parent(signal.SIGKILL))
        self.addCleanup(self.end_relay)
        self.assertEqual('ready\n', self.relay.stdout.readline())
        self.url = (f'postgresql://postgres@127.0.0.1:5432/{self.db}?sslmode=disable&gssencmode=disable&keepalives_idle=1&keepalives_interval=1'
                    '&keepalives_count=2&tcp_user_timeout=2000&connect_timeout=2')

    def end_relay(self):
        self.relay.stdin.close()
        self.relay.wait(10)
        self.relay.stdout.close()

    def link(self, state):
        self.relay.stdin.write(state + '\n')
        self.relay.stdin.flush()
        self.assertEqual('done\n', self.relay.stdout.readline())

    def enter(self):
        """For the child, before it becomes sqlmig: into the relay's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        kinds = [('net', CLONE_NEWNET)] if os.geteuid() == 0 else [('user', CLONE_NEWUSER), ('net', CLONE_NEWNET)]
        for name, kind in kinds:
            file = os.open(f'/proc/{self.relay.pid}/ns/{name}', os.O_RDONLY)
            if libc.setns(file, kind) != 0:
                raise OSError(ctypes.get_errno(), 'setns')
            os.close(file)

    def run_until_the_network_is_gone(self, *arguments):
        with self.gate():
            runner = self.start('apply', *arguments, env={'DATABASE_URL': self.url}, preexec=self.enter)
            self.at_gate()
            self.link('down')
            start = time.monotonic()
            eventually(lambda: 'connecting again' in runner.said(), 'the loss is noticed')
            self.assertLess(time.monotonic() - start, 10)
        return runner

    def test_network_comes_back(self):
        """The old backend, which never heard of it either, ends the step; the run finds that out and does not repeat it."""
        self.project.step('a').step('b', self.GATE_SQL + 'CREATE TABLE public.b (i int);\n').step('c')
        runner = self.run_until_the_network_is_gone('--reconnect-wait=20s')
        self.link('up')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a', 'b', 'c')

    def test_network_stays_away(self):
        """An end within the run's own time, with the exit status for what it does not know."""
        self.project.step('a').step('b', self.GATE_SQL + 'CREATE TABLE public.b (i int);\n').step('c')
        start = time.monotonic()
        runner = self.run_until_the_network_is_gone('--reconnect-wait=1s')
        result = runner.wait()
        self.assertIn(result.code, (4, 9), result)
        self.assertLess(time.monotonic() - start, 15)
        self.assertNotIn('c', self.applied())
        # The old backend keeps the run lock until the server's own keepalives find out; here somebody ends it.
        self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'sqlmig%%'", self.db)
        self.no_backends()
        self.expect(0, 'apply')
        self.assert_applied('a', 'b', 'c')



if __name__ == '__main__':
    harness.main()
