"""What may stand between, or behind: PgBouncer, a standby, a read-only server."""

import os
import shutil
import signal
import subprocess
import time

import harness
from harness import Cluster


class PoolerTest(harness.FaultTest):
    def pooler(self, mode, ignore=''):
        program = shutil.which('pgbouncer', path=os.environ['PATH'] + ':/usr/sbin')
        self.assertIsNotNone(program, 'PgBouncer is missing (Debian: pgbouncer)')
        folder = harness.tempfile.mkdtemp(prefix='sqlmig-b-', dir=harness.memory_folder())
        self.addCleanup(shutil.rmtree, folder, True)
        port = harness.free_port()
        with open(f'{folder}/users', 'w', encoding='ascii') as file:
            file.write(f'"postgres" "{self.cluster.password}"\n')
        with open(f'{folder}/ini', 'w', encoding='ascii') as file:
            file.write(f'[databases]\n* = host=127.0.0.1 port={self.cluster.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n'
                       f'listen_port = {port}\nauth_type = plain\nauth_file = {folder}/users\npool_mode = {mode}\nunix_socket_dir =\n'
                       f'ignore_startup_parameters = {ignore}\nadmin_users = postgres\n')
        os.chmod(folder, 0o755)
        with open(f'{folder}/log', 'wb') as log:
            process = subprocess.Popen([program, f'{folder}/ini'], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/',
                                       preexec_fn=harness.die_with_parent(signal.SIGKILL), **harness.server_account())
        self.addCleanup(lambda: (process.kill(), process.wait()))

        def answers():
            with open(f'{folder}/log', encoding='utf-8', errors='replace') as log:
                self.assertIsNone(process.poll(), log.read())
            try:
                harness.psycopg2.connect(host='127.0.0.1', port=port, user='postgres', password=self.cluster.password,
                                         dbname=self.db).close()
                return True
            except harness.psycopg2.OperationalError:
                return False
        harness.eventually(answers, 'PgBouncer answers', pause=0.05)
        return {'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=port)}

    def refused(self, env):
        self.project.step('a')
        for command in ('apply', 'rollback', 'plan'):
            result = self.expect_error(4, 'pooler', command, env=env)
            self.assertIn('pooler', result.err)
            self.assertIn('hint: ', result.err)
            self.assert_no_secret(result)
        self.assertEqual([(None,)], self.rows("SELECT to_regclass('sqlmig.migration')"))

    def test_transaction_mode(self):
        self.refused(self.pooler('transaction'))

    def test_transaction_mode_that_drops_our_options(self):
        self.refused(self.pooler('transaction', 'options'))

    def test_session_mode_is_refused_too(self):
        self.refused(self.pooler('session', 'options'))

    def test_session_mode_allowed(self):
        env = self.pooler('session', 'options')
        self.project.step('a').step('b')
        self.expect(0, '--allow-pooler=session', 'apply', env=env)
        self.assert_applied('a', 'b')
        self.expect(0, '--allow-pooler=session', 'apply', env=env)
        self.expect(0, '--allow-pooler=session', 'rollback', env=env)
        self.assertEqual(['a'], self.applied())

    def test_session_mode_keeps_lock_timeouts(self):
        env = self.pooler('session', 'options')
        self.rows('CREATE TABLE public.busy (i int)')
        holder = self.cluster.connect(self.db)
        holder.autocommit = False
        holder.cursor().execute('LOCK TABLE public.busy')
        self.project.head['defaults'] = {'lock_timeout': '200ms', 'lock_deadline': '1s'}
        self.project.step('a', 'RESET ALL; SET lock_timeout = 0;').step('b', 'ALTER TABLE public.busy ADD COLUMN j int;\n')
        self.expect(5, '--allow-pooler=session', 'apply', env=env)
        holder.close()
        self.assert_applied('a')

    def test_transaction_mode_that_is_taken_for_session_mode_applies_nothing_twice(self):
        """Whoever allows session mode and has the other one is not found out; but nothing may be applied twice."""
        env = self.pooler('transaction', 'options')
        self.project.step('a').step('b')
        runners = [self.start('--allow-pooler=session', 'apply', '--lock-wait=5s', env=env) for _ in range(3)]
        for runner in runners:
            runner.wait()
        self.assertEqual({name: 1 for name in self.applied()}, self.witnesses())


class ReadOnlyTest(harness.FaultTest):
    def refused(self, env, *words):
        for command in (['apply'], ['apply', '--fake'], ['rollback']):
            start = time.monotonic()
            result = self.expect_error(4, 'read_only', *command, env=env)
            self.assertIn('primary', result.err)
            self.assertLess(time.monotonic() - start, 9)
        return result

    def test_default_transaction_read_only_of_the_database(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b')
        self.rows(f'ALTER DATABASE {self.db} SET default_transaction_read_only = on')
        self.refused({})
        self.assertIn('b', self.expect(0, 'status').out)  # reading works
        self.expect(0, 'plan')

    def test_options_of_the_url(self):
        self.project.step('a')
        self.refused({'DATABASE_URL': self.cluster.url(self.db, options='-c default_transaction_read_only=on')})

    def test_standby(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.project.step('b')

        def base_backup(standby):
            standby.password = self.cluster.password
            self.cluster.base_backup(standby)
        standby = Cluster(data=base_backup)
        self.addCleanup(standby.destroy)
        env = {'DATABASE_URL': standby.url(self.db)}
        self.refused(env)
        self.assertIn('b', self.expect(0, 'status', env=env).out)
        self.expect(0, 'apply', '--dry-run', env=env)

        # Both are named, the standby first: the primary is found.
        both = (f'postgresql://postgres@/{self.db}?host={standby.folder},{self.cluster.folder}&port={standby.port},{self.cluster.port}')
        self.expect(0, 'apply', env={'DATABASE_URL': both})
        self.assert_applied('a', 'b')


if __name__ == '__main__':
    harness.main()
