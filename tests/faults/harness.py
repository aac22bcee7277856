"""What the fault tests share: a private PostgreSQL, projects made of a few lines, the real sqlmig as a process, and a
TCP proxy that can cut, hold and freeze a connection at any message.

SQLMIG_BIN names the binary. A missing server, PgBouncer or psycopg2 is a failure: nothing here is ever skipped. Every
process that a test starts is ended by its own id.
"""

import atexit
import contextlib
import ctypes
import glob
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import psycopg2

BINARY = os.environ.get('SQLMIG_BIN', '')
TIMEOUT = 40.0  # seconds; a process that takes longer hangs
PR_SET_PDEATHSIG = 1
LOCK_CLASS = 0x73716C6D
GATE = 4711  # advisory lock that scripts of the tests stop at


def server_programs():
    """The folder of initdb and postgres: SQLMIG_TEST_BINDIR, else what pg_config says, else the newest installed."""
    named = os.environ.get('SQLMIG_TEST_BINDIR')
    if named:
        # Anything else in its place would be a test of another version than was asked for.
        if not os.path.isabs(named) or not os.path.exists(os.path.join(named, 'postgres')):
            raise AssertionError(f'SQLMIG_TEST_BINDIR={named} is not the absolute path of a folder with postgres')
        return named
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        folder = subprocess.run(['pg_config', '--bindir'], capture_output=True, text=True, check=True).stdout.strip()
        if os.path.exists(os.path.join(folder, 'postgres')):
            return folder
    folders = glob.glob('/usr/lib/postgresql/*/bin')
    folders = [folder for folder in folders if os.path.exists(os.path.join(folder, 'postgres'))]
    if not folders:
        raise AssertionError('the PostgreSQL server programs are missing (Debian: postgresql)')
    return max(folders, key=lambda folder: int(re.search(r'/(\d+)/bin', folder).group(1)))


def server_account():
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam('postgres')
    return {'user': account.pw_uid, 'group': account.pw_gid, 'extra_groups': []}


def hear_signals():
    """What a shell starts in the background ignores SIGINT, and so would everything that is started here. Those that are
    caught here have their defaults in what is started."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


hear_signals()


def die_with_parent(number):
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, number)


def memory_folder():
    """A file system in memory, where databases are made ten times as fast; None: the usual temporary folder."""
    with contextlib.suppress(OSError):
        if os.access('/dev/shm', os.W_OK) and shutil.disk_usage('/dev/shm').free > 4 << 30:
            return '/dev/shm'
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def eventually(condition, what, timeout=20.0, pause=0.01):
    """Waits until condition() is true and returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {timeout} s: {what}')
        time.sleep(pause)


def pg_dump():
    """Path and major version of the newest that is installed."""
    found = [shutil.which('pg_dump'), *glob.glob('/usr/lib/postgresql/*/bin/pg_dump'),
             os.path.join(server_programs(), 'pg_dump')]
    versions = []
    for path in found:
        if path and os.path.exists(path):
            said = subprocess.run([path, '--version'], capture_output=True, text=True, check=True).stdout
            versions.append((int(re.search(r'\(PostgreSQL\) (\d+)', said).group(1)), path))
    if not versions:
        raise AssertionError('pg_dump is missing (Debian: postgresql-client)')
    return max(versions)


class Cluster:
    """A private PostgreSQL: a Unix socket without a password, and 127.0.0.1 with one."""

    def __init__(self, durable=False, settings=(), data=None):
        self.bin = server_programs()
        self.folder = tempfile.mkdtemp(prefix='sqlmig-', dir=memory_folder())
        self.account = server_account()
        if self.account:
            os.chown(self.folder, self.account['user'], self.account['group'])
        self.data = os.path.join(self.folder, 'data')
        self.port = free_port()
        self.password = secrets.token_hex(12)
        self.process = None
        self.version = 0  # 150020
        self.databases = 0
        self.settings = ['listen_addresses=127.0.0.1', f'port={self.port}', f'unix_socket_directories={self.folder}',
                         'unix_socket_permissions=0777', 'max_connections=60', 'shared_buffers=32MB', 'log_checkpoints=off',
                         'autovacuum=off', 'deadlock_timeout=200ms', 'max_wal_senders=4', 'logging_collector=off']
        self.settings += [] if durable else ['fsync=off', 'full_page_writes=off']
        self.settings += settings
        atexit.register(self.destroy)
        if data is None:
            self._initdb()
        else:
            data(self)
        self.start()

    def _initdb(self):
        password_file = os.path.join(self.folder, 'pw')
        with open(password_file, 'w', encoding='ascii') as file:
            file.write(self.password)
        os.chmod(password_file, 0o644)
        subprocess.run([f'{self.bin}/initdb', '-D', self.data, '-U', 'postgres', '--no-sync', '-E', 'UTF8', '--locale=C',
                        '--auth-local=trust', '--auth-host=scram-sha-256', f'--pwfile={password_file}'],
                       check=True, stdout=subprocess.DEVNULL, cwd='/', **self.account)
        os.unlink(password_file)

    def start(self):
        arguments = [f'{self.bin}/postgres', '-D', self.data]
        for setting in self.settings:
            arguments += ['-c', setting]
        with open(os.path.join(self.folder, 'server.log'), 'ab') as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/',
                                            preexec_fn=die_with_parent(signal.SIGQUIT), **self.account)
        eventually(self._answers, 'the server answers', pause=0.03)

    def _answers(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, 'server.log'), encoding='utf-8', errors='replace') as log:
                raise AssertionError('the server did not start: ' + log.read()[-2000:])
        try:
            connection = self.connect()
        except psycopg2.OperationalError:
            return False
        self.version = connection.server_version
        connection.close()
        return True

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: immediate, a crash."""
        self.process.send_signal(how)
        self.process.wait(60)

    def base_backup(self, standby):
        """The data of a cluster that will follow this one. Not by pg_basebackup: it wants a server of its own version."""
        start, stop = "pg_backup_start('standby', true)", 'pg_backup_stop(false)'
        if self.version < 150000:
            start, stop = "pg_start_backup('standby', true, false)", 'pg_stop_backup(false, false)'
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT {start}')
                shutil.copytree(self.data, standby.data, symlinks=True, ignore=shutil.ignore_patterns('postmaster.*', 'pgsql_tmp*'))
                # Nothing is archived here, so there is nothing to wait for: the standby gets the rest from this server.
                cursor.execute(f'SELECT labelfile FROM {stop}')
                label = cursor.fetchone()[0]
        finally:
            connection.close()
        for name, text in (('backup_label', label), ('standby.signal', ''),
                           ('postgresql.auto.conf', f"primary_conninfo = 'host={self.folder} port={self.port} user=postgres'\n")):
            with open(os.path.join(standby.data, name), 'w', encoding='utf-8') as file:
                file.write(text)
        if standby.account:
            for folder, _, files in os.walk(standby.data):
                for path in [folder, *(os.path.join(folder, name) for name in files)]:
                    os.chown(path, standby.account['user'], standby.account['group'])

    def crash(self):
        self.stop(signal.SIGQUIT)

    def destroy(self):
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database, tcp=False, user='postgres', password=None, port=None, **extra):
        if not tcp:
            return f'postgresql://{user}@/{database}?' + urllib.parse.urlencode(
                {'host': self.folder, 'port': self.port, **extra}, quote_via=urllib.parse.quote)
        word = urllib.parse.quote(self.password if password is None else password, safe='')
        query = urllib.parse.urlencode({'sslmode': 'disable', 'gssencmode': 'disable', **extra})
        return f'postgresql://{user}:{word}@127.0.0.1:{port or self.port}/{database}?{query}'

    def connect(self, database='postgres', user='postgres', **extra):
        connection = psycopg2.connect(host=self.folder, port=self.port, user=user, dbname=database,
                                      connect_timeout=10, application_name='test', **extra)
        connection.autocommit = True
        return connection

    def query(self, database, sql, *values):
        """Rows of the last statement, or nothing."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def by_copying(self):
        """For CREATE DATABASE: the way of servers before 15. Newer ones write all of it to the log unless they are told."""
        return ' STRATEGY file_copy' if self.version >= 150000 else ''

    def new_database(self):
        """An empty database with the witness table: no key, so that what ran twice is there twice."""
        self.databases += 1
        name = f'db{self.databases}'
        self.query('postgres', f'CREATE DATABASE {name} TEMPLATE template0{self.by_copying()}')
        self.query(name, 'CREATE TABLE public.witness (id text)')
        return name


_shared = {}


def shared_cluster(durable=False):
    """One server for all the tests of a process."""
    if durable not in _shared:
        _shared[durable] = Cluster(durable=durable)
    cluster = _shared[durable]
    if cluster.process.poll() is not None:
        cluster.start()
    return cluster


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f'exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}'


class Runner:
    """A running sqlmig."""

    def __init__(self, arguments, env, folder, stdout=None, demote=False, preexec=None):
        if not BINARY or not os.path.isabs(BINARY):
            raise AssertionError('SQLMIG_BIN must be the absolute path of the sqlmig program')
        self.files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
        account = server_account() if demote else {}
        # setpriv instead of a function in the child: Python would have to fork for that, which costs ten times as much.
        self.process = subprocess.Popen(['/usr/bin/setpriv', '--pdeathsig', 'KILL', BINARY, *arguments], cwd=folder, env=env,
                                        stdin=subprocess.DEVNULL, stdout=self.files[0] if stdout is None else stdout,
                                        stderr=self.files[1], preexec_fn=preexec, **account)
        self.pid = self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def said(self):
        """What is on its stderr so far."""
        return os.pread(self.files[1].fileno(), 1 << 20, 0).decode('utf-8', errors='replace')

    def kill(self):
        """kill -9, and gone."""
        self.process.kill()
        self.process.wait()

    def wait(self, timeout=TIMEOUT):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f'sqlmig hangs (not done within {timeout} s)\n{self._result(None)}') from None
        return self._result(code)

    def _result(self, code):
        texts = []
        for file in self.files:
            file.seek(0)
            texts.append(file.read().decode('utf-8', errors='replace'))
            file.close()
        return Result(code, *texts)


class Project:
    """A folder with a manifest and scripts. Steps stand in a chain unless `after` says otherwise."""

    def __init__(self, name='faults'):
        self.folder = tempfile.mkdtemp(prefix='sqlmig-p-')
        os.chmod(self.folder, 0o777)  # for tests that run sqlmig as another user
        self.head = {'version': 1, 'project': name}
        self.steps = []
        self.databases = None  # {name: {...}} instead of the top level

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write_file(self, relative, data):
        path = self.path(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data.encode() if isinstance(data, str) else data)

    def read_file(self, relative):
        with open(self.path(relative), encoding='utf-8', errors='replace') as file:
            return file.read()

    def step(self, name, up=None, down=None, after=None, witness=True, **keys):
        """`up` and `down` None: a table of that name. Text gets the witness's line at its end; bytes stay as they are."""
        depends_on = ([self.steps[-1]['id']] if self.steps else []) if after is None else after
        self.steps.append({'id': name, 'depends_on': depends_on, **keys})
        if up is None:
            up = f'CREATE TABLE public.{name} (i integer PRIMARY KEY);\n'
        if down is None:
            down = f'DROP TABLE public.{name};\n'
        if witness and isinstance(up, str):
            up += f"INSERT INTO public.witness VALUES ('{name}');\n"
        if up is not False:
            self.write_file(f'sql/{name}/up.sql', up)
        if down is not False:
            self.write_file(f'sql/{name}/down.sql', down)
        return self

    def forget(self, name):
        """The checkout never had it."""
        self.steps = [step for step in self.steps if step['id'] != name]
        shutil.rmtree(self.path('sql', name))

    def write(self):
        lines = [f'{key}: {json.dumps(value)}' for key, value in self.head.items()]
        if self.databases is None:
            lines.append('migrations:' if self.steps else 'migrations: []')
            lines += ['  - ' + json.dumps(step) for step in self.steps]
        else:
            lines.append('databases: ' + json.dumps(self.databases))
        text = '\n'.join(lines) + '\n'
        # A runner that is being started may be reading it.
        if not os.path.exists(self.path('migrations.yaml')) or self.read_file('migrations.yaml') != text:
            self.write_file('migrations.yaml', text)


class FaultTest(unittest.TestCase):
    """A project and a database for each test, and a search for the server's password in all that sqlmig says."""

    durable = False

    def setUp(self):
        self.cluster = shared_cluster(self.durable)
        self.db = self.cluster.new_database()
        self.project = Project()
        self.addCleanup(self.project.remove)

    def env(self, **extra):
        env = {'PATH': os.environ['PATH'], 'HOME': self.project.folder, 'LANG': 'C.UTF-8',
               'DATABASE_URL': self.cluster.url(self.db)}
        env.update(extra)
        return {name: value for name, value in env.items() if value is not None}

    def start(self, *arguments, env=None, stdout=None, demote=False, preexec=None, write=True):
        if write:
            self.project.write()
        runner = Runner(arguments, self.env(**(env or {})), self.project.folder, stdout, demote, preexec)
        self.addCleanup(self._end, runner)
        return runner

    @staticmethod
    def _end(runner):
        if runner.process.poll() is None:
            runner.kill()
        for file in runner.files:
            file.close()

    def run_sqlmig(self, *arguments, timeout=TIMEOUT, **options):
        result = self.start(*arguments, **options).wait(timeout)
        self.assert_no_secret(result)
        return result

    def expect(self, code, *arguments, **options):
        """Runs sqlmig and wants this exit status."""
        result = self.run_sqlmig(*arguments, **options)
        self.assertEqual(code, result.code, result)
        return result

    def expect_error(self, code, word, *arguments, **options):
        """The same, with the error's code in JSON."""
        result = self.expect(code, *arguments, '--format', 'json', **options)
        text = result.out
        found = re.findall(r'"code": "([a-z_]+)"', text)
        self.assertIn(word, found, result)
        return result

    def assert_no_secret(self, result, *words):
        logged = ''
        for path in glob.glob(self.project.path('*.log')):
            with contextlib.suppress(PermissionError, IsADirectoryError):
                logged += self.project.read_file(path)
        for word in [self.cluster.password, *words]:
            for text in (result.out, result.err, logged):
                self.assertNotIn(word, text, 'the password is shown')

    def rows(self, sql, *values):
        return self.cluster.query(self.db, sql, *values)

    def applied(self):
        if not self.rows("SELECT to_regclass('sqlmig.migration')")[0][0]:
            return []
        return [row[0] for row in self.rows("SELECT id FROM sqlmig.migration WHERE status = 'applied' ORDER BY ordinal")]

    def witnesses(self):
        return dict(self.rows('SELECT id, count(*) FROM public.witness GROUP BY id'))

    def assert_applied(self, *names):
        """P1 and P2: in the ledger and in the witness table, each exactly once."""
        self.assertEqual(sorted(names), sorted(self.applied()))
        self.assertEqual({name: 1 for name in names}, self.witnesses())

    def assert_settled(self):
        """A run that finds nothing to do, and a ledger without open ends."""
        result = self.expect(0, 'apply')
        self.assertIn('nothing to do', result.out, result)
        self.assertEqual([], self.rows('SELECT id FROM sqlmig.run WHERE ended_at IS NULL'))

    def tables(self):
        """The tables of schema public but for the witness, with their columns."""
        return self.rows("SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) FROM "
                         "information_schema.columns WHERE table_schema = 'public' AND table_name <> 'witness' GROUP BY 1 "
                         'ORDER BY 1')

    # --- a gate: a place in a script where the runner stops until the test lets it go ---

    # Waits however short the attempt's lock_timeout is; the name is in two parts because it counts as a word of the script.
    GATE_SQL = ("SELECT pg_catalog.pg_advisory_xact_lock(CASE WHEN pg_catalog.starts_with(pg_catalog.set_config(pg_catalog.concat("
                f"'lock_', 'timeout'), '60s', true), '') THEN {GATE} END);\n")

    @contextlib.contextmanager
    def gate(self):
        """Scripts with GATE_SQL wait there until the block ends."""
        connection = self.cluster.connect(self.db)
        try:
            with connection.cursor() as cursor:
                cursor.execute('SELECT pg_advisory_lock(%s)', (GATE,))
            yield
        finally:
            connection.close()

    def at_gate(self):
        """Waits until a runner stands at the gate; its backend's pid."""
        def backend():
            return self.rows("SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'advisory' AND "
                             "application_name LIKE 'sqlmig %%'", self.db)
        return eventually(backend, 'a runner stands at the gate')[0][0]

    def long_locks(self):
        self.project.head['defaults'] = {'lock_timeout': '60s'}

    def backends(self):
        return self.rows("SELECT pid, state FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'sqlmig%%'", self.db)

    def scratch(self):
        """The scratch databases on the test's server."""
        return [name for name, in self.cluster.query(
            'postgres', "SELECT datname FROM pg_database WHERE datname ~ '^sqlmig_verify_[0-9a-f]{7}_[0-9]+$' ORDER BY 1")]

    def no_backends(self):
        eventually(lambda: not self.backends(), 'the backends of sqlmig are gone')

    def lock_is_free(self):
        return self.rows('SELECT count(*) FROM pg_locks WHERE locktype = %s AND classid = %s AND database = '
                         '(SELECT oid FROM pg_database WHERE datname = current_database())', 'advisory', LOCK_CLASS)[0][0] == 0


class Proxy:
    """Stands between sqlmig and the server on 127.0.0.1 and understands where messages begin and end.

    `hook(side, connection, number, kind, body)` is called for each message before it is forwarded; side is 'client' or
    'server', number counts the messages of that side and connection from 0 (the start-up message is the client's 0, of
    kind ''). It returns one of
      None      forward
      'cut'     close both sides instead of forwarding
      'half'    forward half of the message, then close
      'after'   forward, then close
      'freeze'  forward nothing more in either direction, keep the sockets open
      bytes     forward the message with this body, which is as long as the one it has
    """

    def __init__(self, port, hook=None):
        self.server_port = port
        self.hook = hook or (lambda *message: None)
        self.refuse = False  # new connections are closed at once
        self.connections = 0
        self.frozen = threading.Event()
        self.closing = False
        self.sockets = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for pair in list(self.sockets):
            self._cut(pair)

    def _accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            number = self.connections
            self.connections += 1
            try:
                server = socket.create_connection(('127.0.0.1', self.server_port))
            except OSError:
                client.close()
                continue
            pair = (client, server)
            self.sockets.append(pair)
            for end in pair:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for side, source, sink in (('client', client, server), ('server', server, client)):
                threading.Thread(target=self._pump, args=(side, number, source, sink, pair), daemon=True).start()

    @staticmethod
    def _cut(pair):
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                end.close()

    @staticmethod
    def _exactly(source, size):
        data = bytearray()
        while len(data) < size:
            part = source.recv(size - len(data))
            if not part:
                raise ConnectionError
            data += part
        return bytes(data)

    def _read(self, source, startup):
        kind = b'' if startup else self._exactly(source, 1)
        length = self._exactly(source, 4)
        body = self._exactly(source, struct.unpack('!I', length)[0] - 4)
        return kind, kind + length + body, body

    def _pump(self, side, connection, source, sink, pair):
        number = 0
        try:
            while True:
                kind, whole, body = self._read(source, side == 'client' and number == 0)
                if self.frozen.is_set():
                    time.sleep(3600)
                action = self.hook(side, connection, number, kind.decode('latin-1'), body)
                number += 1
                if action == 'freeze':
                    self.frozen.set()
                    time.sleep(3600)
                if action == 'half':
                    sink.sendall(whole[:len(whole) // 2])
                elif isinstance(action, bytes):
                    assert len(action) == len(body)
                    sink.sendall(whole[:len(whole) - len(body)] + action)
                elif action != 'cut':
                    sink.sendall(whole)
                if action in ('cut', 'half', 'after'):
                    self._cut(pair)
                    return
        except OSError:  # ConnectionError is one
            self._cut(pair)


def main():
    unittest.main(module='__main__', verbosity=1)
