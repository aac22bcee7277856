"""Where the URL comes from, what is shown of it, the log file, standard output, the process's title."""

import os
import signal
import subprocess
import time
import urllib.parse

import harness


class UrlTest(harness.FaultTest):
    """Each source in turn leads to the database, and the earlier one wins."""

    def setUp(self):
        super().setUp()
        self.project.step('a')
        self.nowhere = self.cluster.url('nowhere')

    def leads(self, env, *arguments, **options):
        self.db = self.cluster.new_database()
        given = {'DATABASE_URL': None}
        given.update({name: self.cluster.url(self.db) if value == 'here' else value for name, value in env.items()})
        arguments = [self.cluster.url(self.db) if word == 'here' else word for word in arguments]
        result = self.expect(0, 'apply', *arguments, env=given, **options)
        self.assert_applied('a')
        return result

    def test_precedence(self):
        no = self.nowhere
        self.leads({'DATABASE_URL': no, 'SQLMIG_URL': no, 'SQLMIG_DEFAULT_URL': no}, '--url', 'here')
        self.leads({'DATABASE_URL': no, 'SQLMIG_URL': no, 'SQLMIG_DEFAULT_URL': 'here'})
        self.leads({'DATABASE_URL': no, 'SQLMIG_URL': 'here'})
        self.leads({'DATABASE_URL': 'here'})
        self.leads({'DATABASE_URL': '', 'SQLMIG_URL': '', 'PGDATABASE': 'nowhere', 'SQLMIG_DEFAULT_URL': 'here'})

    def test_url_of_the_manifest(self):
        self.project.head['url'] = '${MY_URL}'
        self.leads({'DATABASE_URL': self.nowhere, 'MY_URL': 'here'})
        self.leads({'SQLMIG_DEFAULT_URL': 'here', 'MY_URL': self.nowhere})
        self.leads({'DATABASE_URL': 'here'})  # an unset variable means none

    def test_libpq_variables(self):
        self.db = self.cluster.new_database()
        env = {'DATABASE_URL': None, 'PGHOST': self.cluster.folder, 'PGPORT': str(self.cluster.port), 'PGUSER': 'postgres', 'PGDATABASE': self.db}
        self.expect(0, 'apply', env=env)
        self.assert_applied('a')

    def test_dotenv(self):
        db = self.cluster.new_database()
        self.project.write_file('.env', f'# comment\nexport OTHER=1\nDATABASE_URL="{self.cluster.url(db)}"\n')
        self.db = db
        self.expect(0, 'apply', env={'DATABASE_URL': None})
        self.assert_applied('a')
        self.project.write_file('.env', f'DATABASE_URL={self.nowhere}\n')
        self.leads({'DATABASE_URL': 'here'})  # the real environment beats it
        os.unlink(self.project.path('.env'))
        db = self.cluster.new_database()
        self.project.write_file('ci.env', f"DATABASE_URL='{self.cluster.url(db)}'\n")
        self.db = db
        self.expect(0, '--env-file', 'ci.env', 'apply', env={'DATABASE_URL': None})
        self.assert_applied('a')

    def test_nothing_configured_is_an_error(self):
        result = self.expect_error(2, 'no_url', 'apply', env={'DATABASE_URL': None})
        self.assertIn('hint: ', result.err)

    def test_general_variables_serve_one_database_only(self):
        self.project.databases = {name: {'directory': 'sql', 'migrations': [{'id': 'a', 'depends_on': []}]} for name in ('one', 'two-b')}
        result = self.run_sqlmig('apply')
        self.assertEqual(2, result.code, result)
        self.assertEqual({}, self.witnesses())
        self.expect(0, '-d', 'one', 'apply')
        self.expect(0, '-d', 'two-b', 'apply', env={'DATABASE_URL': None, 'SQLMIG_TWO_B_URL': self.cluster.url(self.cluster.new_database())})

    def test_sqlalchemy_urls(self):
        for scheme, extra in (('postgresql+asyncpg', 'ssl=disable&prepared_statement_cache_size=0'), ('postgresql+psycopg', 'sslmode=disable'),
                              ('postgresql+psycopg2', 'sslmode=disable'), ('postgres', 'sslmode=disable'), ('postgresql+asyncpg', '')):
            with self.subTest(scheme + extra):
                self.db = self.cluster.new_database()
                url = f'{scheme}://postgres:{self.cluster.password}@127.0.0.1:{self.cluster.port}/{self.db}?{extra}'.rstrip('?')
                self.expect(0, 'apply', env={'DATABASE_URL': url})
                self.assert_applied('a')

    def test_key_value_string(self):
        self.db = self.cluster.new_database()
        self.expect(0, 'apply', env={'DATABASE_URL': f"host=127.0.0.1 port={self.cluster.port} user=postgres password='{self.cluster.password}' dbname={self.db}"})
        self.assert_applied('a')


class SecretTest(harness.FaultTest):
    """P7: no password in any output, log, process title or ledger."""

    SECRET = 'p@ss/w:rd%%#?&S3cret'

    def setUp(self):
        super().setUp()
        self.project.step('a')
        self.quoted = urllib.parse.quote(self.SECRET, safe='')

    def check(self, code, url, *arguments):
        result = self.expect(code, '-v', '--log-level', 'debug', *(arguments or ('apply',)), env={'DATABASE_URL': url})
        self.assert_no_secret(result, self.SECRET, self.quoted, 'S3cret')
        return result

    def test_wrong_password(self):
        result = self.check(4, f'postgresql://postgres:{self.quoted}@127.0.0.1:{self.cluster.port}/{self.db}?sslmode=disable')
        self.assertIn('password', result.err)
        self.assertIn('hint: ', result.err)
        result = self.check(4, f'postgresql://postgres:{self.quoted}@127.0.0.1:{self.cluster.port}/{self.db}?sslmode=disable', 'apply', '--format', 'json')
        self.assertEqual('connection', result.json['databases'][0]['error']['code'], result)

    def test_no_such_database_host_or_port(self):
        for place in (f'127.0.0.1:{self.cluster.port}/nowhere', f'127.0.0.1:{harness.free_port()}/x', 'no.such.host.invalid/x'):
            self.check(4, f'postgresql://postgres:{self.quoted}@{place}?sslmode=disable')

    def test_malformed_urls(self):
        for url in (f'postgresql://postgres:{self.SECRET}@127.0.0.1/x', 'postgresql://u:S3cret%zz@h/x', 'postgresql://u:S3cret@h:port/x',
                    "host=h password='S3cret", 'password=S3cret =', 'mysql://u:S3cret@h/x', 'S3cret', 'postgresql://u:a@S3cret@h/x',
                    'postgresql+asyncpg://u:S3cret@h/x?nonsense=S3cret', 'postgresql://u:S3cret@h/x?sslmode=S3cret'):
            with self.subTest(url):
                result = self.run_sqlmig('apply', env={'DATABASE_URL': url})
                self.assertIn(result.code, (2, 4), result)
                self.assert_no_secret(result, 'S3cret')

    def test_url_where_none_is_expected(self):
        url = 'postgresql://u:S3cret@h/x'
        for words in (['apply', url], ['status', url], [url], ['-d', url, 'status'], ['--url' + url[10:], 'status'],
                      ['--format', url, 'status'], ['-f', url, 'status'], ['apply', 'host=h password=S3cret'],
                      ['apply', url[13:]], ['status', '-f', url[13:]], ['apply', 'host=h password="S3cret x"']):
            for output in ([], ['--format', 'json']):
                with self.subTest(words, output=output):
                    result = self.run_sqlmig(*output, *words)
                    self.assertIn(result.code, (2, 3), result)
                    self.assert_no_secret(result, 'S3cret')

    def test_status_and_plan(self):
        url = f'postgresql://postgres:{self.quoted}@127.0.0.1:{self.cluster.port}/{self.db}?sslmode=disable'
        for command in ('status', 'plan', 'rollback'):
            self.check(4, url, command)

    def test_process_title(self):
        self.long_locks()
        self.project.step('b', self.GATE_SQL)
        url = self.cluster.url(self.db, tcp=True)
        for arguments in (['--url', url], ['--url=' + url]):
            self.db = self.cluster.new_database()
            url_here = self.cluster.url(self.db, tcp=True)
            arguments = [word.replace(url, url_here) for word in arguments]
            with self.gate():
                runner = self.start(*arguments, 'apply', env={'DATABASE_URL': None})
                self.at_gate()
                with open(f'/proc/{runner.pid}/cmdline', 'rb') as file:
                    title = file.read()
                self.assertNotIn(self.cluster.password.encode(), title)
                self.assertIn(b'apply', title)
            self.assertEqual(0, runner.wait().code)

    def test_application_name_shows_the_run(self):
        self.long_locks()
        self.project.step('b', self.GATE_SQL)
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            run = self.rows('SELECT id FROM sqlmig.run')[0][0]
            names = {row[0] for row in self.rows('SELECT application_name FROM pg_stat_activity WHERE datname = %s', self.db)}
            self.assertIn(f'sqlmig {run}', names)
            self.assertLessEqual({name for name in names if name.startswith('sqlmig')}, {f'sqlmig {run}', f'sqlmig {run} watch'})
        self.assertEqual(0, runner.wait().code)

    def test_password_in_a_failing_script_is_not_stored(self):
        self.project.step('b', "CREATE ROLE no_such PASSWORD 'S3cret' IN ROLE nobody_there;")
        result = self.expect(6, 'apply')
        self.assertEqual([], self.rows("SELECT 1 FROM sqlmig.event t WHERE t::text LIKE '%%S3cret%%'"), result)
        self.assertNotIn('S3cret', self.project.read_file('sqlmig.log'))


class LogTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.project.step('a').step('b', 'SELECT 1/0;')

    def test_lines(self):
        self.expect(6, 'apply')
        run = self.rows('SELECT id FROM sqlmig.run')[0][0]
        lines = self.project.read_file('sqlmig.log').splitlines()
        self.assertGreater(len(lines), 4)
        for line in lines:
            self.assertIn(f' run={run} ', line)
        self.assertTrue(any('up a done in' in line for line in lines))
        self.assertTrue(any(' error ' in line and 'sql/b/up.sql:1:1' in line for line in lines))

    def test_not_writable_is_one_warning(self):
        os.mkdir(self.project.path('sqlmig.log'))
        result = self.expect(6, 'apply')
        self.assertEqual(1, result.err.count('warning: '), result)
        self.assertEqual(1, result.err.count('no log is written'), result)
        self.assert_applied('a')

    def test_no_such_folder(self):
        result = self.expect(6, '--log-file', '/proc/no/such/file.log', 'apply')
        self.assertEqual(1, result.err.count('no log is written'), result)
        self.assert_applied('a')

    def test_full_disk(self):
        result = self.expect(6, 'apply', '--log-file', '/dev/full')
        self.assertEqual(1, result.err.count('no log is written'), result)
        self.assert_applied('a')

    def test_read_only_folder(self):
        self.project.write()
        os.chmod(self.project.folder, 0o555)
        result = self.expect(6, 'apply', demote=True, write=False)
        self.assertEqual(1, result.err.count('no log is written'), result)
        os.chmod(self.project.folder, 0o777)

    def test_elsewhere_and_off(self):
        self.expect(6, 'apply', env={'SQLMIG_LOG_FILE': 'other.log'})
        self.assertIn('up a done', self.project.read_file('other.log'))
        self.expect(6, 'apply', '--log-file', 'off')
        self.assertFalse(os.path.exists(self.project.path('sqlmig.log')))

    def test_line_ends_in_messages_do_not_split_lines(self):
        self.project.step('c', after=['a'])
        self.project.write_file('sql/b/up.sql', "DO $$ BEGIN RAISE WARNING E'two\\nlines'; RAISE EXCEPTION E'also\\ntwo'; END $$;")
        self.expect(6, 'apply')
        for line in self.project.read_file('sqlmig.log').splitlines():
            self.assertIn(' run=', line)


class OutputTest(harness.FaultTest):
    """A reader of the result that goes away stops nothing half-way."""

    def setUp(self):
        super().setUp()
        for name in 'abcdefgh':
            self.project.step(name)
        self.names = list('abcdefgh')

    def test_reader_closes_early(self):
        self.project.write()
        done = subprocess.run(f'"{harness.BINARY}" apply --format json | head -c1 >/dev/null; exit ${{PIPESTATUS[0]}}', shell=True, executable='/bin/bash',
                              cwd=self.project.folder, env=self.env(), capture_output=True, text=True, check=False, timeout=30)
        self.assertIn(done.returncode, (0, 74), done)
        self.assert_applied(*self.names)

    def test_all_outputs_closed(self):
        self.project.write()
        for close, left in (('>&-', ()), ('2>&-', ()), ('>&- 2>&- <&-', ())):
            with self.subTest(close):
                self.db = self.cluster.new_database()
                done = subprocess.run(f'exec "{harness.BINARY}" apply {close}', shell=True, executable='/bin/bash', cwd=self.project.folder,
                                      env=self.env(), capture_output=True, text=True, check=False, timeout=30)
                self.assertIn(done.returncode, (0, 74), done)
                self.assert_applied(*self.names)
                # What the program wrote has not gone into a file that took the closed number.
                for name in self.names:
                    self.assertTrue(self.project.read_file(f'sql/{name}/up.sql').startswith('CREATE TABLE'))
                self.assertNotIn('migrations applied', self.project.read_file('sqlmig.log'))

    def test_full_disk(self):
        with open('/dev/full', 'wb') as full:
            result = self.run_sqlmig('apply', stdout=full)
        self.assertEqual(74, result.code, result)
        self.assertIn('the result cannot be written', result.err)
        self.assert_applied(*self.names)

    def test_reader_goes_away(self):
        """As with `| head -0`: nobody wants the result, so nothing is wrong."""
        reader, writer = os.pipe()
        os.close(reader)
        result = self.start('history', stdout=writer).wait()
        os.close(writer)
        self.assertEqual((0, ''), (result.code, result.err))

    def test_terminal_goes_away(self):
        """The other end of stderr's pipe is closed in the middle of the run."""
        self.long_locks()
        self.project.step('z', self.GATE_SQL).step('zz')
        self.project.write()
        with self.gate():
            process = subprocess.Popen([harness.BINARY, 'apply'], cwd=self.project.folder, env=self.env(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=harness.die_with_parent(signal.SIGKILL))
            self.at_gate()
            process.stdout.close()
            process.stderr.close()
        self.assertIn(process.wait(20), (0, 1))
        self.assert_applied(*self.names, 'z', 'zz')


class WaitForServerTest(harness.FaultTest):
    def test_server_that_is_starting(self):
        own = harness.Cluster()
        self.addCleanup(own.destroy)
        self.cluster = own
        self.db = own.new_database()
        own.stop()
        self.project.step('a')
        self.assertEqual(4, self.run_sqlmig('apply').code)
        result = self.start('apply', '--wait-db=30s')
        time.sleep(0.7)
        self.assertIsNone(result.process.poll())
        own.start()
        result = result.wait()
        self.assertEqual(0, result.code, result)
        self.assert_applied('a')

    def test_gives_up(self):
        self.project.step('a')
        start = time.monotonic()
        result = self.expect_error(4, 'connection', 'apply', '--wait-db=1s',
                                   env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=harness.free_port())})
        self.assertTrue(0.9 < time.monotonic() - start < 6, result)

    def test_does_not_wait_for_a_wrong_password(self):
        """It will not become right."""
        self.project.step('a')
        start = time.monotonic()
        self.expect(4, 'apply', '--wait-db=20s', env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, password='wrong')})
        self.assertLess(time.monotonic() - start, 10)

    def test_server_that_says_nothing(self):
        self.project.step('a')
        with harness.socket.create_server(('127.0.0.1', 0)) as silent:
            url = self.cluster.url(self.db, tcp=True, port=silent.getsockname()[1], connect_timeout=2)
            start = time.monotonic()
            self.expect_error(4, 'connection', 'apply', env={'DATABASE_URL': url})
            self.assertLess(time.monotonic() - start, 8)


if __name__ == '__main__':
    harness.main()
