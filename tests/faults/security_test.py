"""What the environment can do to a run, and what the program does to keep a password to itself. The whole list is in
tests/security.md."""

import os
import subprocess
import unittest

import harness


class HostileEnvironmentTest(harness.FaultTest):
    def test_variables_of_libpq(self):
        """The session is what sqlmig says, whatever libpq would have taken from the environment."""
        self.project.step('a', "CREATE TABLE public.a AS SELECT 'a\\' AS s, current_setting('standard_conforming_strings') AS strings, "
                          "current_setting('client_encoding') AS encoding, '\u00e4'::text AS letter, "
                          "current_setting('lock_timeout') AS lock_timeout, current_setting('application_name') AS name;\n")
        self.expect(0, 'apply', env={
            'PGOPTIONS': '-c standard_conforming_strings=off -c lock_timeout=0 -c search_path=pg_temp,public '
                         '-c default_transaction_isolation=serializable -c synchronous_commit=off',
            'PGCLIENTENCODING': 'LATIN1', 'PGTZ': 'Asia/Kathmandu', 'PGDATESTYLE': 'German', 'PGAPPNAME': 'somebody else', 'PGGEQO': 'off'})
        row = self.rows('SELECT s, strings, encoding, letter, lock_timeout, name FROM public.a')[0]
        self.assertEqual(('a\\', 'on', 'UTF8', '\u00e4'), row[:4])
        self.assertNotEqual('0', row[4])
        self.assertTrue(row[5].startswith('sqlmig '), row)
        self.assert_applied('a')
        self.assertEqual([(True,)], self.rows("SELECT abs(extract(epoch FROM clock_timestamp() - applied_at)) < 60 FROM sqlmig.migration"))
        self.assert_settled()


class UncheckedHostTest(harness.FaultTest):
    def test_a_host_that_is_not_this_machine_is_warned_of(self):
        self.project.step('a')
        for host, warned in (('db.example.org', True), ('localhost', False)):
            with self.subTest(host):
                url = self.cluster.url(self.db, tcp=True).replace('@127.0.0.1:', f'@{host}:') + '&hostaddr=127.0.0.1'
                for command in ('apply', 'status'):
                    result = self.expect(0, command, env={'DATABASE_URL': url})
                    warning = f'warning: default: the connection to {host} is not encrypted; use sslmode=verify-full'
                    self.assertEqual(warned, warning in result.err, result)


class PasswordFileTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.project.step('a')
        self.project.write_file('pass', f'127.0.0.1:{self.cluster.port}:*:postgres:{self.cluster.password}\n')
        self.environment = {'PGPASSFILE': self.project.path('pass'), 'DATABASE_URL':
                            f'postgresql://postgres@127.0.0.1:{self.cluster.port}/{self.db}?sslmode=disable&gssencmode=disable'}

    def test_private_file_is_used(self):
        os.chmod(self.project.path('pass'), 0o600)
        self.expect(0, 'apply', env=self.environment)
        self.assert_applied('a')

    def test_file_that_others_can_read_is_not_used(self):
        os.chmod(self.project.path('pass'), 0o644)
        self.expect_error(4, 'connection', 'apply', env=self.environment)
        self.assert_applied()


class OlderLibpqTest(harness.FaultTest):
    def test_an_option_that_libpq_does_not_know_is_refused(self):
        """Whoever asks for protection that this libpq lacks must not get a connection without it."""
        self.project.step('a')
        self.expect_error(2, 'usage', 'apply', env={'DATABASE_URL': self.cluster.url(self.db, require_what_nobody_knows='scram-sha-256')})
        self.assert_applied()


class HardenedBuildTest(unittest.TestCase):
    def test_the_program_as_it_was_linked(self):
        def read(*options):
            return subprocess.run(['readelf', '--wide', *options, harness.BINARY], capture_output=True, text=True, check=True).stdout
        segments = read('--program-headers')
        self.assertRegex(segments, r'Elf file type is DYN')  # position independent
        self.assertIn('GNU_RELRO', segments)
        stack = [line for line in segments.splitlines() if 'GNU_STACK' in line]
        self.assertEqual(1, len(stack))
        self.assertNotIn('RWE', stack[0].replace(' ', ''))
        self.assertRegex(read('--dynamic'), r'FLAGS.*NOW')
        self.assertIn('__stack_chk_fail', read('--dyn-syms'))


if __name__ == '__main__':
    harness.main()
