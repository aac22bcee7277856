"""The failing statement's own file:line:column, also for errors that carry no position."""

import harness


class ErrorsTest(harness.FaultTest):
    def place(self, up, **keys):
        """Applies one script that fails; its "file:line:column" and the result."""
        self.project.step('a', up, witness=False, **keys)
        result = self.expect(6, 'apply', '--format', 'json')
        error = result.json['databases'][0]['error']
        return error, result

    def assert_place(self, line, column, up, sqlstate=None, **keys):
        error, result = self.place(up, **keys)
        self.assertEqual(('sql/a/up.sql', line, column), (error['file'], error['line'], error['column']), result)
        if sqlstate:
            self.assertEqual(sqlstate, error['sqlstate'], result)
        self.assertIn(f'sql/a/up.sql:{line}:{column}: ', result.err)
        self.assertTrue(error['hint'], result)
        self.assertEqual([], self.applied())
        return result

    def test_unique_violation_in_third_insert(self):
        self.assert_place(5, 3, 'CREATE TABLE t (i int PRIMARY KEY);\n'
                                'INSERT INTO t VALUES (1);\n'
                                '-- a comment; with a semicolon\n'
                                'INSERT INTO t VALUES (2);\n'
                                '  INSERT INTO t VALUES (1); INSERT INTO t VALUES (3);\n', '23505')
        self.assertEqual([], self.tables())

    def test_two_statements_on_a_line(self):
        self.assert_place(2, 26, 'CREATE TABLE t (i int PRIMARY KEY);\nINSERT INTO t VALUES (1);INSERT INTO t VALUES (1);', '23505')

    def test_division_by_zero(self):
        self.assert_place(3, 1, 'SELECT 1;\n\nSELECT i / 0 FROM generate_series(1, 3) i;\n', '22012')

    def test_named_thing_has_its_own_position(self):
        result = self.assert_place(3, 10, 'CREATE TABLE t (\n  a int,\n  name   citexxt NOT NULL\n);\n', '42704')
        self.assertIn('  3 |   name   citexxt NOT NULL\n    |          ^\n', result.err)

    def test_multi_byte_characters_before_the_place(self):
        self.assert_place(2, 27, "SELECT 'жжж €€ 😀';\nSELECT '😀ж', 'é' AS \"ü\", nichts;\n".replace('é', 'e\u0301'), '42703')

    def test_multi_byte_characters_without_a_position(self):
        self.assert_place(2, 19, "SELECT 'жжж €€ 😀';\n/* 😀 */ SELECT 1; SELECT 1 / (random()::int * 0);\n", '22012')

    def test_after_copy_data(self):
        self.assert_place(7, 8, "CREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n1\tone;\n2\t'two\n\\.\n"
                                'INSERT INTO t VALUES (3);\nSELECT nothing;\n', '42703')

    def test_after_copy_data_without_a_position(self):
        self.assert_place(5, 2, 'CREATE TABLE t (a int PRIMARY KEY, b text);\nCOPY t FROM stdin;\n1\tone\n\\.\n INSERT INTO t VALUES (1);\n',
                          '23505')

    def test_in_copy_data(self):
        result = self.assert_place(2, 1, 'CREATE TABLE t (a int PRIMARY KEY, b text);\nCOPY t FROM stdin;\n1\tone\nx\ttwo\n\\.\n', '22P02')
        self.assertIn('COPY t, line 2', result.err)  # the server's context names the line of the data

    def test_crlf(self):
        self.assert_place(3, 9, 'SELECT 1;\r\nSELECT 2;\r\n SELECT nothing;\r\n', '42703')

    def test_crlf_without_a_position(self):
        self.assert_place(4, 2, 'SELECT 1;\r\n\r\n-- c\r\n SELECT 1 / (random()::int * 0);\r\n', '22012')

    def test_bom(self):
        self.assert_place(1, 8, b'\xef\xbb\xbfSELECT nothing;\n', '42703')

    def test_bom_without_a_position(self):
        self.assert_place(2, 1, b'\xef\xbb\xbfSELECT 1;\nSELECT 1 / (random()::int * 0);\n', '22012')

    def test_outer_begin_commit(self):
        self.assert_place(3, 3, 'BEGIN;\nCREATE TABLE t (i int PRIMARY KEY);\n  INSERT INTO t VALUES (1), (1);\nCOMMIT;\n', '23505')

    def test_outer_begin_commit_with_position(self):
        self.assert_place(1, 15, 'BEGIN; SELECT nothing; COMMIT;', '42703')

    def test_inside_a_function_body(self):
        result = self.assert_place(2, 1, "SELECT 1;\nDO $$\nBEGIN\n  PERFORM nothing();\nEND $$;\n", '42883')
        self.assertIn('PL/pgSQL', result.err.replace('SQL statement', 'PL/pgSQL'))

    def test_last_statement_without_a_semicolon(self):
        self.assert_place(2, 1, 'SELECT 1;\nSELECT 1 / (random()::int * 0) -- no end', '22012')

    def test_syntax_error(self):
        self.project.step('a', 'CREATE TABLE t (i int);\nCREATE TABEL u (i int);\n', witness=False)
        result = self.run_sqlmig('apply')
        self.assertIn(result.code, (3, 6), result)
        self.assertIn('sql/a/up.sql:2:8: ', result.err)
        self.assertEqual([], self.tables())

    def test_statement_of_a_non_transactional_script(self):
        self.assert_place(2, 2, 'CREATE TABLE t (i int PRIMARY KEY);\n INSERT INTO t VALUES (1), (1);\n', '23505', transaction=False)

    def test_statement_in_a_unit_of_a_non_transactional_script(self):
        self.assert_place(4, 1, 'CREATE TABLE t (i int PRIMARY KEY);\nBEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1);\nCOMMIT;\n',
                          '23505', transaction=False)

    def test_down_script(self):
        self.project.step('a', down='SELECT 1;\nDROP TABLE public.b;\n')
        self.expect(0, 'apply')
        result = self.expect(6, 'rollback')
        self.assertIn('sql/a/down.sql:2:1: ', result.err)
        self.assert_applied('a')

    def test_deferred_constraint(self):
        self.project.step('a', 'CREATE TABLE p (i int PRIMARY KEY);\nCREATE TABLE c (i int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n'
                               'INSERT INTO c VALUES (1);\n')
        result = self.expect_error(6, 'sql', 'apply')
        self.assertIn('23503', result.err)
        self.assertIn('sql/a/up.sql', result.err)
        self.assertIn('deferred constraint', result.err)
        self.assertEqual([], self.tables())
        self.assert_applied()

    def test_row_values_are_shown_but_never_stored(self):
        self.project.step('a', "CREATE TABLE t (i text PRIMARY KEY);\nINSERT INTO t VALUES ('holy-secret'), ('holy-secret');\n")
        self.expect(6, 'apply')
        self.assertEqual([], self.rows("SELECT message FROM sqlmig.event WHERE message LIKE '%holy-secret%'"))
        self.assertNotIn('holy-secret', self.project.read_file('sqlmig.log'))

    def test_control_characters_of_the_server_are_not_passed_on(self):
        self.project.step('a', "DO $$ BEGIN RAISE EXCEPTION E'red \\x1b[31m alarm'; END $$;")
        result = self.expect(6, 'apply')
        self.assertNotIn('\x1b', result.err + result.out)


if __name__ == '__main__':
    harness.main()
