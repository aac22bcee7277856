"""Scripts as people, editors and attackers leave them: missing, unreadable, elsewhere, strange bytes, huge, empty."""

import os
import stat

import harness


class RefusedFilesTest(harness.FaultTest):
    """Exit 3, with the file named, and nothing done: also not the good script before the bad one."""

    def setUp(self):
        super().setUp()
        self.project.step('good')

    def refused(self, *texts, demote=False):
        result = self.expect_error(3, 'script', 'apply', demote=demote)
        for text in texts:
            self.assertIn(text, result.err, result)
        self.assertIn('hint: ', result.err, result)
        self.assertEqual([], self.tables())
        self.assertEqual({}, self.witnesses())
        self.assertEqual([], self.applied())
        return result

    def test_missing(self):
        self.project.step('bad', up=False)
        self.refused('sql/bad/up.sql')

    def test_missing_down(self):
        self.project.step('bad', down=False)
        self.refused('sql/bad/down.sql')

    def test_unreadable(self):
        self.project.step('bad')
        os.chmod(self.project.path('sql/bad/up.sql'), 0)
        self.refused('sql/bad/up.sql', 'ermission denied', demote=True)

    def test_folder_instead_of_a_file(self):
        self.project.step('bad', up=False)
        os.makedirs(self.project.path('sql/bad/up.sql'))
        self.expect_error(3, 'script', 'apply')

    def test_fifo_does_not_hang(self):
        self.project.step('bad', up=False)
        os.mkfifo(self.project.path('sql/bad/up.sql'))
        self.expect_error(3, 'script', 'apply')

    def test_device(self):
        self.project.step('bad', up=False)
        os.symlink('/dev/zero', self.project.path('sql/bad/up.sql'))
        self.expect_error(3, 'script', 'apply')

    def test_symlink_out_of_the_tree(self):
        outside = harness.Project()
        self.addCleanup(outside.remove)
        outside.write_file('up.sql', 'CREATE TABLE stolen (i int);')
        self.project.step('bad', up=False)
        os.symlink(outside.path('up.sql'), self.project.path('sql/bad/up.sql'))
        self.refused('sql/bad/up.sql', 'out of')

    def test_symlinked_folder_out_of_the_tree(self):
        outside = harness.Project()
        self.addCleanup(outside.remove)
        outside.write_file('bad/up.sql', 'CREATE TABLE stolen (i int);')
        outside.write_file('bad/down.sql', 'DROP TABLE stolen;')
        self.project.step('bad', up=False, down=False)
        os.symlink(outside.path('bad'), self.project.path('sql/bad'))
        self.refused('sql/bad/', 'out of')

    def test_path_out_of_the_tree(self):
        for path in ('../up.sql', '/etc/passwd', 'sql/../../up.sql'):
            with self.subTest(path):
                self.project.steps = self.project.steps[:1]
                self.project.step('bad', up=False, down=False)
                self.project.steps[-1].update(up=path, down='none')
                result = self.expect(3, 'apply')
                self.assertEqual({}, self.witnesses(), result)

    def test_nul_byte(self):
        self.project.step('bad', b"SELECT 1;\nSELECT 'a\0b';\nDROP TABLE witness;\n")
        self.refused('sql/bad/up.sql:2:10', 'NUL')

    def test_invalid_utf8(self):
        self.project.step('bad', "SELECT 'ж';\nSELECT '".encode() + b"\xe9\xe0';\n")
        self.refused('sql/bad/up.sql:2:9', 'UTF-8')

    def test_utf16(self):
        self.project.step('bad', '\ufeffSELECT 1;'.encode('utf-16-le'))
        self.refused('sql/bad/up.sql')

    def test_overlong_and_surrogate_utf8(self):
        for number, raw in enumerate((b"SELECT '\xc0\xa7';", b"SELECT '\xed\xa0\x80';", b"SELECT '\xf5\x80\x80\x80';", b"SELECT '\xe2\x82")):
            with self.subTest(raw):
                self.project.steps = self.project.steps[:1]
                self.project.step(f'bad{number}', raw)
                self.refused('UTF-8')

    def test_nul_byte_in_a_down_script(self):
        self.project.step('bad', down=b'DROP TABLE bad;\0')
        self.refused('sql/bad/down.sql:1:16')

    def test_unterminated_string(self):
        self.project.step('bad', b"SELECT 1;\nSELECT 'oops;\n")
        self.refused('sql/bad/up.sql:2:8')

    def test_psql_meta_command(self):
        self.project.step('bad', 'SELECT 1;\n\\i other.sql\n')
        self.refused('sql/bad/up.sql:2:1')

    def test_all_bad_scripts_are_told_at_once(self):
        self.project.step('bad1', b'SELECT 1\0;').step('bad2', up=False)
        self.refused('sql/bad1/up.sql', 'sql/bad2/up.sql')

    def test_missing_manifest(self):
        os.makedirs(self.project.path('elsewhere'))
        self.expect(3, '-f', 'elsewhere/migrations.yaml', 'apply')

    def test_manifest_with_strange_bytes(self):
        for raw in (b'version: 1\0', b'\xff\xfe', b'version: [' * 5000, b'&a [*a]', b'', b'\xef\xbb\xbf'):
            with self.subTest(raw[:20]):
                self.project.write_file('migrations.yaml', raw)
                result = self.run_sqlmig('apply', write=False)
                self.assertEqual(3, result.code, result)


class AcceptedFilesTest(harness.FaultTest):
    def good(self, up, *tables, down=None, **keys):
        self.project.step('a', up, down, witness=False, **keys)
        self.expect(0, 'apply')
        self.assertEqual(['a'], self.applied())
        self.assertEqual(list(tables), [row[0] for row in self.tables()])
        self.assert_settled()

    def test_bom(self):
        self.good(b'\xef\xbb\xbfCREATE TABLE t (i int);\n', 't')

    def test_bom_only(self):
        self.good(b'\xef\xbb\xbf')

    def test_crlf(self):
        self.good(b"CREATE TABLE t (i int);\r\n-- c\r\nINSERT INTO t VALUES (1);\r\n", 't')

    def test_old_mac_line_ends_do_not_lose_statements(self):
        self.good(b'CREATE TABLE t (i int);\rCREATE TABLE u (i int);\r', 't', 'u')

    def test_empty(self):
        self.good(b'')

    def test_blank_and_comments(self):
        self.good(b' \n-- only ; a comment\n/* and /* nested ; */ one */;;;\n -- end')

    def test_empty_down(self):
        self.good(b'CREATE TABLE t (i int)', 't', down='')
        self.expect(0, 'rollback')
        self.assertEqual([], self.applied())

    def test_no_newline_and_comment_at_the_end(self):
        self.good(b'CREATE TABLE t (i int) -- the last line has no end', 't')

    def test_copy_data(self):
        data = ''.join(f"{i}\t; -- ' $$ \\\\ /* ж\n" for i in range(5000))
        self.good("CREATE TABLE t (i int, x text);\nCOPY t (i, x) FROM stdin;\n" + data + "\\.\n"
                  "CREATE TABLE u (i int);\nCOPY u FROM STDIN WITH (FORMAT csv);\n1\n2\n\\.\nINSERT INTO u VALUES (3);\n", 't', 'u')
        self.assertEqual([(5000, "; -- ' $$ \\ /* ж")], self.rows('SELECT count(*), max(x) FROM t'))
        self.assertEqual([(3, 6)], self.rows('SELECT count(*), sum(i) FROM u'))

    def test_copy_without_data(self):
        self.good('CREATE TABLE t (i int);\nCOPY t FROM stdin;\n\\.\n', 't')

    def test_copy_in_crlf_file(self):
        self.good('CREATE TABLE t (i int);\r\nCOPY t FROM stdin;\r\n1\r\n2\r\n\\.\r\nINSERT INTO t VALUES (3);\r\n', 't')
        self.assertEqual([(3, 6)], self.rows('SELECT count(*), sum(i) FROM t'))

    def test_copy_in_a_non_transactional_script(self):
        self.good('CREATE TABLE t (i int);\nCOPY t FROM stdin;\n1\n\\.\nCREATE INDEX CONCURRENTLY i ON t (i);\nCOPY t FROM stdin;\n2\n3\n\\.\n', 't',
                  transaction=False)
        self.assertEqual([(3,)], self.rows('SELECT count(*) FROM t'))

    def test_copy_to_stdout(self):
        self.good('CREATE TABLE t AS SELECT generate_series(1, 50000) i;\nCOPY t TO stdout;\nCREATE TABLE u (i int);\n', 't', 'u')

    def test_dollar_quotes(self):
        self.good("""CREATE TABLE t (i int);
CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $fn$ BEGIN RETURN $$ a; COMMIT; ' $$ || $q$;$q$; END $fn$;
DO $do$ BEGIN EXECUTE $$CREATE TABLE u (i int);$$; END; $do$;
CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $Ж$ SELECT 'COMMIT;' $Ж$;
""", 't', 'u')
        self.assertEqual([(" a; COMMIT; ' ;", 'COMMIT;')], self.rows('SELECT f(), g()'))

    def test_begin_atomic(self):
        script = """CREATE TABLE t (i int);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC
  INSERT INTO t VALUES (a);
  SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END;
END;
CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END;
CALL p();
"""
        if self.cluster.version < 140000:
            # Our parser knows more than this server, which refuses the whole message: the place is in the script.
            self.project.step('a', script)
            result = self.expect_error(6, 'sql', 'apply')
            self.assertIn('sql/a/up.sql:2:51: syntax error at or near "BEGIN"', result.err)
            self.assertNotIn('WARNING', result.err)
            self.assert_applied()
            return
        self.good(script, 't')
        self.assertEqual([(3,)], self.rows('SELECT sum(i) FROM t'))

    def test_rules_and_strings(self):
        self.good("""CREATE TABLE t (i int, s text);
CREATE RULE r AS ON DELETE TO t DO INSTEAD (UPDATE t SET i = 0; UPDATE t SET s = 'x;');
INSERT INTO t VALUES (1, E'it\\'s; '), (2, 'it''s;'), (3, U&'\\0441;'), (4, 'a'
 'b;');
COMMENT ON TABLE t IS $c$;$c$;
""", 't')
        self.assertEqual([(4,)], self.rows('SELECT count(*) FROM t'))

    def test_script_of_50_mb(self):
        line = 'INSERT INTO t VALUES (' + ', '.join(str(i) for i in range(20)) + ", '" + 'x' * 4900 + "');\n"
        self.project.step('a', 'CREATE TABLE t (' + ', '.join(f'c{i} int' for i in range(20)) + ', s text);\n' + line * 10500)
        self.assertGreater(os.path.getsize(self.project.path('sql/a/up.sql')), 50e6)
        self.expect(0, 'apply', timeout=120)
        self.assertEqual([(10500,)], self.rows('SELECT count(*) FROM t'))
        self.assert_applied('a')
        self.assert_settled()

    def test_50_mb_of_copy_data(self):
        row = '1\t' + 'y' * 1000 + '\n'
        self.project.step('a', 'CREATE TABLE t (i int, s text);\nCOPY t FROM stdin;\n' + row * 52000 + '\\.\n')
        self.expect(0, 'apply', timeout=120)
        self.assertEqual([(52000,)], self.rows('SELECT count(*) FROM t'))
        self.assert_applied('a')

    def test_symlink_inside_the_tree(self):
        self.project.step('a', up=False)
        self.project.write_file('shared.sql', 'CREATE TABLE t (i int);')
        os.symlink('../../shared.sql', self.project.path('sql/a/up.sql'))
        self.expect(0, 'apply')
        self.assertEqual(['t'], [row[0] for row in self.tables()])

    def test_what_was_read_is_what_runs(self):
        """A script that changes during the run: the text that was checked and hashed is executed."""
        self.long_locks()
        self.project.step('a', self.GATE_SQL).step('b')
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            self.project.write_file('sql/b/up.sql', 'CREATE TABLE evil (i int);')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        self.assertEqual(['b'], [row[0] for row in self.tables()])
        self.assert_applied('a', 'b')
        self.assertIn('b', self.expect(0, 'status', '--format', 'json').json['databases'][0]['edited'])


class OutputTest(harness.FaultTest):
    """--out never takes the place of what is no regular file."""

    def setUp(self):
        super().setUp()
        self.project.step('a')

    def test_out_to_a_named_pipe(self):
        pipe = self.project.path('pipe')
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for arguments in (('graph', '--format', 'dot'), ('plan',)):
            self.expect(0, *arguments, '--out', 'pipe')
            self.assertGreater(len(os.read(reader, 1 << 16)), 20)
            self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_out_to_standard_output_that_is_a_pipe(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        runner = self.start('graph', '--format', 'dot', '--out', '/dev/stdout', stdout=writer)
        os.close(writer)
        self.assertEqual(0, runner.wait().code)
        self.assertIn(b'digraph', os.read(reader, 1 << 16))

    def test_no_variables_from_dev_null(self):
        self.project.write_file('.env', 'DATABASE_URL=nonsense\n')
        self.expect(0, '--env-file', '/dev/null', 'status')


if __name__ == '__main__':
    harness.main()
