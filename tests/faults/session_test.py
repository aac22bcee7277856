"""What scripts do to their session, and what others have planted in the database, reaches nobody else."""

import harness


class LeakTest(harness.FaultTest):
    """After each of these scripts the next step finds a clean session, and the ledger is written."""

    CLEAN = """DO $$ BEGIN
  ASSERT current_user = 'postgres' AND session_user = 'postgres', 'role ' || current_user;
  ASSERT current_setting('search_path') = '"$user", public', 'search_path ' || current_setting('search_path');
  ASSERT current_setting('lock_timeout') IN ('3s', '50ms'), 'lock_timeout ' || current_setting('lock_timeout');
  ASSERT current_setting('statement_timeout') = '0', 'statement_timeout ' || current_setting('statement_timeout');
  ASSERT current_setting('standard_conforming_strings') = 'on', 'standard_conforming_strings';
  ASSERT current_setting('client_encoding') = 'UTF8', 'client_encoding ' || current_setting('client_encoding');
  ASSERT current_setting('transaction_read_only') = 'off', 'read only';
  ASSERT current_setting('transaction_isolation') = 'read committed', 'isolation ' || current_setting('transaction_isolation');
  ASSERT current_setting('session_replication_role') = 'origin', 'session_replication_role';
  ASSERT current_setting('TimeZone') = (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'), 'TimeZone';
  ASSERT NOT EXISTS (SELECT FROM pg_prepared_statements), 'prepared statement';
  ASSERT NOT EXISTS (SELECT FROM pg_cursors WHERE name NOT LIKE 'sqlmig%' AND name NOT LIKE '<unnamed%'), 'cursor';
  ASSERT NOT EXISTS (SELECT FROM pg_listening_channels()), 'channel';
  ASSERT to_regclass('pg_temp.leak') IS NULL, 'temporary table';
  ASSERT 0 = (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND classid = 0), 'advisory lock';
  ASSERT current_setting('my.setting', true) IS NULL OR current_setting('my.setting') = '', 'own setting';
  ASSERT current_setting('synchronous_commit') = 'on', 'synchronous_commit';
END $$;
"""

    SCRIPTS = {
        'set_role': 'SET ROLE nobody_special;',
        'set_session_authorization': 'SET SESSION AUTHORIZATION nobody_special;',
        'set_local_role': 'SET LOCAL ROLE nobody_special;',
        'search_path_empty': "SET search_path = '';",
        'search_path_set_config': "SELECT pg_catalog.set_config('search_path', '', false);",
        'search_path_other': 'CREATE SCHEMA other; SET search_path = other, public; CREATE TABLE x (i int);',
        'discard_temp': 'CREATE TEMP TABLE gone (i int); DISCARD TEMP; DISCARD PLANS; DISCARD SEQUENCES;',
        'reset_all': 'RESET ALL;',
        'timeouts': "SET lock_timeout = 0; SET statement_timeout = '1h'; SET idle_in_transaction_session_timeout = 0;",
        'read_only': 'SET default_transaction_read_only = on;',
        'session_characteristics': 'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;',
        'client_encoding': "SET client_encoding = 'LATIN1';",
        'set_names': "SET NAMES 'SQL_ASCII';",
        'replication_role': 'SET session_replication_role = replica;',
        'time_zone': "SET TIME ZONE 'Asia/Tokyo';",
        'temp_table': 'CREATE TEMP TABLE leak (i int); CREATE TEMP TABLE migration (i int);',
        'prepare': 'PREPARE p AS SELECT 1; EXECUTE p;',
        'deallocate_all': 'PREPARE p AS SELECT 1; DEALLOCATE ALL;',
        'cursor': 'DECLARE c CURSOR WITH HOLD FOR SELECT 1;',
        'listen': 'LISTEN channel; NOTIFY channel;',
        'own_setting': "SET my.setting = 'x';",
        'synchronous_commit': 'SET synchronous_commit = off;',
        'advisory_lock': 'SELECT pg_advisory_lock(1), pg_advisory_lock(1), pg_advisory_lock_shared(3), pg_advisory_xact_lock(2);',
        'advisory_unlock_all': 'SELECT pg_advisory_lock(1), pg_advisory_unlock_all(), pg_advisory_lock(4);',
        'savepoints': 'SAVEPOINT s; CREATE TABLE public.sp (i int); ROLLBACK TO SAVEPOINT s; RELEASE SAVEPOINT s;',
        'standard_strings': "SELECT set_config('standard_conforming_' || 'strings', 'off', false);",
        'constraints': 'SET CONSTRAINTS ALL DEFERRED;',
        'event_trigger': "CREATE FUNCTION public.et() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;"
                         'CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION public.et();',
    }

    @classmethod
    def setUpClass(cls):
        harness.shared_cluster().query('postgres', 'CREATE ROLE nobody_special')

    @classmethod
    def tearDownClass(cls):
        harness.shared_cluster().query('postgres', 'DROP ROLE nobody_special')

    def test_each_script(self):
        names = []
        for name, sql in self.SCRIPTS.items():
            self.project.step(name, sql, 'SELECT 1;' + sql.replace('CREATE ', '-- CREATE '), witness=False)
            self.project.step(name + '_after', self.CLEAN, '')
            names += [name, name + '_after']
        result = self.expect(0, 'apply')
        self.assertEqual(names, self.applied(), result)
        self.assertEqual({name: 1 for name in names if name.endswith('_after')}, self.witnesses())
        self.assert_settled()

    def test_each_script_as_the_last(self):
        """The end of the run is written whatever the last script did."""
        for name in ('set_role', 'set_session_authorization', 'search_path_empty', 'read_only', 'session_characteristics',
                     'temp_table', 'client_encoding'):
            with self.subTest(name):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.project.step(name, self.SCRIPTS[name], witness=False)
                self.expect(0, 'apply')
                self.assertEqual([('done',)], self.rows('SELECT outcome FROM sqlmig.run'))
                self.assert_settled()

    def test_without_a_transaction(self):
        """The same scripts in steps without a transaction, where RESET is all that helps."""
        names = []
        for name, sql in self.SCRIPTS.items():
            if name in ('savepoints', 'cursor', 'set_local_role', 'constraints', 'deallocate_all', 'discard_temp'):
                continue
            if name == 'prepare':
                sql = f'BEGIN; {sql} COMMIT;'  # another session would not have it
            self.project.step(name, sql, witness=False, transaction=False)
            self.project.step(name + '_after', self.CLEAN)
            names += [name, name + '_after']
        result = self.expect(0, 'apply')
        self.assertEqual(names, self.applied(), result)

    def test_single_transaction(self):
        names = []
        for name, sql in self.SCRIPTS.items():
            self.project.step(name, sql, witness=False)
            names.append(name)
        self.project.step('end', 'CREATE TABLE public.end_table (i int);')
        result = self.expect(0, 'apply', '--single-transaction')
        self.assertEqual([*names, 'end'], self.applied(), result)

    def test_settings_of_the_manifest_are_local(self):
        self.project.step('a', "DO $$ BEGIN ASSERT current_setting('work_mem') = '7MB'; ASSERT current_schema() = 'pg_catalog'; END $$;",
                          settings={'work_mem': '7MB', 'search_path': 'pg_catalog'})
        self.project.step('b', "DO $$ BEGIN ASSERT current_setting('work_mem') <> '7MB'; END $$;" + self.CLEAN)
        self.expect(0, 'apply')
        self.assert_applied('a', 'b')

    def test_role_of_the_manifest(self):
        self.rows('GRANT ALL ON SCHEMA public TO nobody_special; GRANT INSERT ON witness TO nobody_special')
        self.project.step('a', settings={'role': 'nobody_special'}).step('b')
        self.expect(0, 'apply')
        self.assertEqual([('a', 'nobody_special'), ('b', 'postgres')],
                         self.rows("SELECT tablename::text, tableowner::text FROM pg_tables WHERE tablename IN ('a', 'b') ORDER BY 1"))
        self.rows('REASSIGN OWNED BY nobody_special TO postgres; DROP OWNED BY nobody_special')


class TransactionControlTest(harness.FaultTest):
    def test_refused_at_load(self):
        self.project.step('good')
        for number, sql in enumerate((
                'CREATE TABLE t (i int);\nCOMMIT;\nCREATE TABLE u (i int);', 'SELECT 1;\nCOMMIT AND CHAIN;\n', 'SELECT 1;\nend;\n',
                'SELECT 1;\nROLLBACK;\n', 'SELECT 1;\nABORT WORK;\n', "SELECT 1;\nPREPARE TRANSACTION 'x';\n",
                'SELECT 1;\n/* c */ cOmMiT /* d */ work;\n', 'BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 1;\n', 'SELECT 1;\nCOMMIT\n',
                'BEGIN;\nCOMMIT;\nBEGIN;\nCOMMIT;\n', 'BEGIN;\nSELECT 1;\n', 'SELECT 1;\nSTART TRANSACTION;\n',
                "SELECT 1;\nCOMMIT PREPARED 'x';", 'CREATE TABLE t (i int);\nDISCARD ALL;\n', 'SELECT 1;\nCLOSE ALL;\n',
                'SELECT 1;\nSET standard_conforming_strings = off;\n', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;')):
            with self.subTest(sql):
                self.project.steps = self.project.steps[:1]
                self.project.step(f'bad{number}', sql, witness=False)
                result = self.expect_error(3, 'script', 'apply')
                self.assertIn(f'sql/bad{number}/up.sql:', result.err)
        self.assertEqual([], self.tables())
        self.assert_applied()

    def hidden(self, *scripts):
        """A commit that no parser sees: the step fails loudly, nothing is recorded."""
        for name, sql in scripts:
            self.project.step(name, sql)
        result = self.expect(6, 'apply')
        self.assertNotIn(scripts[-1][0], self.applied(), result)
        self.assertNotIn(scripts[-1][0], self.witnesses(), result)
        return result

    def test_commit_in_a_do_block(self):
        self.hidden(('a', 'CREATE TABLE public.t (i int);\nDO $$ BEGIN COMMIT; END $$;\n'))
        self.assertEqual([], self.tables())

    def test_commit_in_a_procedure(self):
        self.hidden(('p', 'CREATE PROCEDURE public.sneaky() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;'),
                    ('a', 'CREATE TABLE public.t (i int);\nCALL public.sneaky();\n'))
        self.assertEqual([], self.tables())

    def test_guard_cursor_closed_by_a_script(self):
        self.hidden(('a', 'CREATE TABLE public.t (i int);\nCLOSE "sqlmig guard";\n'))
        self.assertEqual([], self.tables())

    def test_script_read_in_two_ways(self):
        """With standard_conforming_strings off the server sees a COMMIT where our parser sees a string."""
        self.project.step('big', "CREATE TABLE public.t (i int);\nSELECT 'a\\', ' ; COMMIT; --';\n" + '-- x\n' * 15_000_000,
                          settings={'standard_conforming_strings': 'off'})
        self.project.step('small', "CREATE TABLE public.u (i int);\nSELECT 'a\\', ' ; COMMIT; --';\n", settings={'standard_conforming_strings': 'off'})
        result = self.run_sqlmig('apply', timeout=90)
        self.assertIn(result.code, (3, 6), result)
        self.assert_applied()

    def test_commit_in_a_do_block_of_a_non_transactional_step(self):
        self.project.step('a', "CREATE TABLE public.t (i int);\nDO $$ BEGIN INSERT INTO public.t VALUES (1); COMMIT; END $$;\n",
                          witness=False, transaction=False)
        self.expect(0, 'apply')
        self.assertEqual([(1,)], self.rows('SELECT count(*) FROM public.t'))

    def test_isolation_level_of_the_script(self):
        self.project.step('a', "BEGIN ISOLATION LEVEL SERIALIZABLE;\nDO $$ BEGIN ASSERT current_setting('transaction_isolation') = "
                               "'serializable'; END $$;\nCOMMIT;\n", witness=False)
        self.expect(0, 'apply')


class LedgerAttackTest(harness.FaultTest):
    """Scripts that harm the ledger fail and are rolled back; a ledger that others have changed is refused."""

    def fails(self, sql, codes=(6,)):
        self.project.step('a')
        self.expect(0, 'apply')
        # As it stands, it is found before anything runs; in a string it is not.
        self.project.step('b', 'CREATE TABLE public.b (i int);\n' + sql)
        self.assertIn(self.run_sqlmig('apply').code, (3, *codes))
        self.assert_applied('a')
        self.project.write_file('sql/b/up.sql', 'CREATE TABLE public.b (i int);\nDO $hidden$ BEGIN EXECUTE $text$' + sql + '$text$; END $hidden$;\n')
        result = self.run_sqlmig('apply')
        self.assertIn(result.code, codes, result)
        self.assert_applied('a')
        self.assertEqual(['a'], [row[0] for row in self.tables()])
        return result

    def test_dropped_ledger(self):
        result = self.fails('DROP SCHEMA sqlmig CASCADE;\n')
        self.assertIn('leave the ledger', result.err)

    def test_dropped_table(self):
        self.fails('DROP TABLE sqlmig.event;\n')

    def test_dropped_column(self):
        self.fails('ALTER TABLE sqlmig.migration DROP COLUMN attempt;\n')

    def test_changed_rows(self):
        for sql in ('DELETE FROM sqlmig.migration;', 'TRUNCATE sqlmig.migration;', "UPDATE sqlmig.migration SET id = 'zz';",
                    'DELETE FROM sqlmig.event;'):
            with self.subTest(sql):
                self.setUp()
                result = self.fails(sql)
                self.assertIn('has changed the ledger', result.err)
                self.assertIn('leave the ledger', result.err)

    def test_changed_key_and_types(self):
        for sql in ('ALTER TABLE sqlmig.migration DROP CONSTRAINT migration_pkey;', 'ALTER TABLE sqlmig.migration ALTER id TYPE varchar;',
                    'ALTER TABLE sqlmig.migration DROP COLUMN depends_on;'):
            with self.subTest(sql):
                self.setUp()
                self.fails(sql)

    def test_a_script_that_writes_to_the_ledger_is_refused_before_anything_runs(self):
        self.project.step('a', 'SELECT 1;\nDELETE FROM sqlmig.migration;\n', witness=False)
        result = self.expect_error(3, 'script', 'apply')
        self.assertRegex(result.err, r'up\.sql:2:1: ')
        self.assertEqual(3, self.run_sqlmig('check').code)

    def test_a_script_that_reads_the_ledger_is_fine(self):
        self.project.step('a', 'CREATE TABLE public.x AS SELECT id FROM sqlmig.migration;\nANALYZE;\n'
                               'SELECT * FROM sqlmig.migration FOR SHARE;\n', witness=False)
        self.project.step('b')
        self.expect(0, 'apply')

    def test_renamed_schema(self):
        self.fails('ALTER SCHEMA sqlmig RENAME TO other;\n')

    def test_read_only_from_within(self):
        self.fails('SET LOCAL transaction_read_only = on;\n', (4, 6))

    def test_rule_that_swallows_the_row(self):
        self.fails('CREATE RULE r AS ON INSERT TO sqlmig.migration DO INSTEAD NOTHING;\n')

    def test_trigger_that_swallows_the_row(self):
        self.fails('CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;\n'
                   'CREATE TRIGGER t BEFORE INSERT ON sqlmig.migration FOR EACH ROW EXECUTE FUNCTION public.f();\n', (6, 7))

    def test_own_row_written_by_the_script(self):
        self.fails("INSERT INTO sqlmig.migration SELECT scope, 'b', description, depends_on, ordinal + 1, run, attempt, applied_at, "
                   'duration_ms, up_hash, up_tokens, down_hash, down_tokens, hash_algorithm, down_kind, down_script, '
                   "up_transaction, down_transaction, settings, status, statements_done FROM sqlmig.migration WHERE id = 'a';\n", (6, 7))

    def test_ledger_dropped_in_a_non_transactional_step(self):
        self.project.step('a', 'DROP SCHEMA sqlmig CASCADE;', witness=False, transaction=False)
        result = self.run_sqlmig('apply')
        self.assertNotIn(result.code, (0, 70), result)
        self.assertGreater(result.code, 0, result)

    def planted(self, sql):
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows(sql)
        self.project.step('b')
        result = self.expect_error(7, 'ledger', 'apply')
        self.assertIn('hint: ', result.err)
        self.assertEqual({'a': 1}, self.witnesses())

    def test_planted_trigger(self):
        self.planted('CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;'
                     'CREATE TRIGGER t BEFORE INSERT ON sqlmig.migration FOR EACH ROW EXECUTE FUNCTION public.f()')

    def test_missing_key(self):
        self.planted('ALTER TABLE sqlmig.migration DROP CONSTRAINT migration_pkey')

    def test_another_type(self):
        self.planted('ALTER TABLE sqlmig.migration ALTER id TYPE varchar')

    def test_missing_column(self):
        self.planted('ALTER TABLE sqlmig.migration DROP COLUMN depends_on')

    def test_planted_rule(self):
        self.planted('CREATE RULE r AS ON DELETE TO sqlmig.event DO INSTEAD NOTHING')

    def test_planted_row_security(self):
        self.planted('ALTER TABLE sqlmig.run ENABLE ROW LEVEL SECURITY')

    def test_planted_child(self):
        self.planted('CREATE TABLE public.child () INHERITS (sqlmig.migration)')

    def test_planted_view(self):
        self.planted('ALTER TABLE sqlmig.event RENAME TO e; CREATE VIEW sqlmig.event AS SELECT * FROM sqlmig.e')

    def test_planted_code(self):
        function = 'CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;'
        immutable = 'CREATE FUNCTION public.g(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;'
        for sql in (function + 'ALTER TABLE sqlmig.run ADD COLUMN x int DEFAULT public.f()',
                    immutable + "ALTER TABLE sqlmig.event ADD CONSTRAINT c CHECK (public.g(kind) <> '')",
                    immutable + 'CREATE INDEX ON sqlmig.migration (public.g(id))',
                    'CREATE DOMAIN public.d AS int DEFAULT 1; ALTER TABLE sqlmig.run ADD COLUMN x public.d'):
            with self.subTest(sql):
                self.db = self.cluster.new_database()
                self.project.steps = []
                self.planted(sql)

    def test_newer_ledger(self):
        self.planted('INSERT INTO sqlmig.ledger (version) VALUES (99)')

    def test_ledger_with_a_missing_column(self):
        self.planted_then('ALTER TABLE sqlmig.migration DROP COLUMN status', (6, 7))

    def planted_then(self, sql, codes):
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows(sql)
        self.project.step('b')
        result = self.run_sqlmig('apply')
        self.assertIn(result.code, codes, result)
        self.assertEqual({'a': 1}, self.witnesses(), result)
        self.assertIn('error: ', result.err)

    def test_empty_schema_of_that_name(self):
        self.rows('CREATE SCHEMA sqlmig')
        self.project.step('a')
        self.expect(0, 'apply')
        self.assert_applied('a')

    def test_no_rights(self):
        self.rows('CREATE ROLE weak LOGIN')
        try:
            self.project.step('a')
            env = {'DATABASE_URL': self.cluster.url(self.db, user='weak')}
            result = self.run_sqlmig('apply', env=env)
            self.assertIn(result.code, (6, 7), result)
            self.assertIn('42501', result.err)
            self.expect(0, 'apply')
            self.project.step('b')
            result = self.run_sqlmig('apply', env=env)
            self.assertEqual(7, result.code, result)
            self.assertIn('42501', result.err)
            self.assertIn('hint: ', result.err)
        finally:
            self.rows('DROP ROLE weak')


class SecretsInScriptsTest(harness.FaultTest):
    """A statement that sets a password fails: the password is in no output, no log and no ledger."""

    SCRIPTS = (
        ("CREATE ROLE postgres LOGIN PASSWORD 'hunter2zz';", {}),
        ('ALTER ROLE postgres PASSWORD hunter2zz;', {}),
        ("DO $$ BEGIN EXECUTE 'ALTER ROLE nobody_knows PASSWORD ''hunter2zz'" "'" "'; END $$;", {}),
        ("DO $$ BEGIN EXECUTE 'ALTER ROLE nobody_knows PASSWORD ''hunter2zz''; END $$;", {}),
        ("CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:hunter2zz@[::1' PUBLICATION p;", {'transaction': False}),
        ("CREATE USER MAPPING FOR postgres SERVER nosuch OPTIONS (password 'hunter2zz');", {}),
        ("SELECT 1/0; ALTER ROLE postgres PASSWORD 'hunter2zz';", {}),
        ("DO $$ BEGIN EXECUTE 'ALTER ROLE ' || 'nobody_knows' || ' PASSWORD ' || quote_literal('hunter2zz'); END $$;", {}),
        ("DO $$ BEGIN RAISE EXCEPTION 'cannot set %', 'hunter2zz'; CREATE ROLE a PASSWORD 'hunter2zz'; END $$;", {}),
        ('SELECT 1;', {'settings': {'app.api_token': 'hunter2zz'}}),
    )
    # What is not even sent, but for the last.
    REFUSED = (
        "SELECT 1; ALTER ROLE postgres PASSWORD 'hunter2zz; SELECT 2;",
        "ALTER ROLE postgres PASSWORD 'hunter2zz'; COMMIT;",
        "CREATE ROLE a PASSWORD 'hunter2zz'; \\i more.sql",
        'ALTER ROLE postgres PASSWORD $hunter2zz$;',
        'ALTER ROLE postgres PASSWORD hunter2zz;',
    )

    def test_nowhere(self):
        for script, keys in self.SCRIPTS:
            for output in ('text', 'json'):
                with self.subTest(script, output=output):
                    self.db = self.cluster.new_database()
                    self.project.steps = []
                    self.project.step('a', script, witness=False, **keys)
                    for command in ('check', 'plan'):
                        self.assert_no_secret(self.expect(0, command, '--format', output), 'hunter2zz')
                    result = self.run_sqlmig('apply', '--format', output, '-v')
                    self.assertEqual(0 if 'settings' in keys else 6, result.code, result)
                    self.assert_no_secret(result, 'hunter2zz')
                    ledger = self.rows("SELECT (SELECT string_agg(m::text, '') FROM sqlmig.migration m), "
                                       "(SELECT string_agg(e::text, '') FROM sqlmig.event e)")
                    self.assertNotIn('hunter2zz', str(ledger))

    def test_refused_scripts(self):
        for script in self.REFUSED:
            for words in (['apply'], ['check', '--strict'], ['check', '--strict', '--format', 'json']):
                with self.subTest(script, words=words):
                    self.project.steps = []
                    self.project.step('a', script, witness=False)
                    result = self.run_sqlmig(*words)
                    self.assertIn(result.code, (1, 3, 6), result)
                    self.assert_no_secret(result, 'hunter2zz')


class HostileSearchPathTest(harness.FaultTest):
    """Functions, operators and tables in public that are found before the system's own."""

    HOSTILE = """
CREATE TABLE public.caught (what text);
CREATE FUNCTION public.catch(what text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN INSERT INTO public.caught VALUES (what); END $$;
CREATE FUNCTION public.eq_text(text, text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('=text'); RETURN false; END $$;
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.eq_text);
CREATE FUNCTION public.eq_varchar(varchar, varchar) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('=varchar'); RETURN false; END $$;
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.eq_varchar);
CREATE OPERATOR public.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.eq_text);
CREATE FUNCTION public.eq_int(int, int) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('=int'); RETURN false; END $$;
CREATE OPERATOR public.= (LEFTARG = int, RIGHTARG = int, FUNCTION = public.eq_int);
CREATE FUNCTION public.div_int(int, int) RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('/int'); RETURN 1; END $$;
CREATE OPERATOR public./ (LEFTARG = int, RIGHTARG = int, FUNCTION = public.div_int);
CREATE FUNCTION public.div_big(int, bigint) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('/bigint'); RETURN 1; END $$;
CREATE OPERATOR public./ (LEFTARG = int, RIGHTARG = bigint, FUNCTION = public.div_big);
CREATE FUNCTION public.cat(text, text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('||'); RETURN ''; END $$;
CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.cat);
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('now'); RETURN 'epoch'; END $$;
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('clock_timestamp'); RETURN 'epoch'; END $$;
CREATE FUNCTION public.pg_try_advisory_lock(int, int) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('pg_try_advisory_lock'); RETURN true; END $$;
CREATE FUNCTION public.pg_try_advisory_xact_lock(int, int) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('pg_try_advisory_xact_lock'); RETURN true; END $$;
CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('current_setting'); RETURN 'x'; END $$;
CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('set_config'); RETURN 'x'; END $$;
CREATE FUNCTION public.pg_backend_pid() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('pg_backend_pid'); RETURN 1; END $$;
CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('to_regclass'); RETURN NULL; END $$;
CREATE FUNCTION public.array_to_string(text[], text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('array_to_string'); RETURN ''; END $$;
CREATE FUNCTION public.max_state(bigint, bigint) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('max'); RETURN 0; END $$;
CREATE AGGREGATE public.max(bigint) (SFUNC = public.max_state, STYPE = bigint, INITCOND = '0');
CREATE FUNCTION public.int4(boolean) RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS
  $$ BEGIN PERFORM public.catch('int4'); RETURN 1; END $$;
CREATE TABLE public.pg_class (relname text); CREATE TABLE public.pg_locks (pid int); CREATE TABLE public.pg_stat_activity (pid int);
CREATE TABLE public.pg_namespace (nspname text); CREATE TABLE public.migration (scope text, id text, status text);
CREATE TABLE public.run (id text); CREATE TABLE public.event (id text); CREATE TABLE public.ledger (version int);
CREATE DOMAIN public.text AS pg_catalog.text CHECK (false); CREATE DOMAIN public.int4 AS pg_catalog.int4 CHECK (false);
CREATE DOMAIN public.timestamptz AS pg_catalog.timestamptz CHECK (false); CREATE DOMAIN public.int8 AS pg_catalog.int8 CHECK (false);
"""

    def test_everything_is_named_in_full(self):
        self.rows(self.HOSTILE)
        self.rows(f'ALTER DATABASE {self.db} SET search_path = public, pg_catalog')
        # The trap works: a name without its schema is caught.
        with self.assertRaises(harness.psycopg2.Error):
            self.rows('SELECT (now() IS NULL)::public.int4')
        self.rows('SELECT public.now()')
        self.assertEqual([('now',)], self.rows('SELECT DISTINCT what FROM public.caught'))
        self.rows('TRUNCATE public.caught')

        plain = 'CREATE TABLE public.{0} (i integer);\nINSERT INTO public.witness VALUES (\'{0}\');\n'
        self.project.step('a', plain.format('a'), witness=False)
        self.project.step('b', plain.format('b'), witness=False, transaction=False)
        self.project.step('c', plain.format('c'), witness=False, settings={'work_mem': '4MB'})
        self.expect(0, 'apply')
        self.assertEqual(['a', 'b', 'c'], [row[0] for row in self.rows(
            'SELECT id FROM sqlmig.migration ORDER BY ordinal')])
        self.expect(0, 'status', '--format', 'json')
        self.expect(0, 'plan')
        self.expect(0, 'apply')
        self.expect(0, 'redo')
        self.expect(0, 'rollback', 'a', '--yes')
        self.expect(0, 'apply', '--fake')
        self.expect(0, 'rollback', '--dry-run')
        self.assertEqual([], self.rows('SELECT DISTINCT what FROM public.caught'))

    def test_lock_holder_is_looked_up_safely(self):
        self.rows(self.HOSTILE)
        self.rows(f'ALTER DATABASE {self.db} SET search_path = public, pg_catalog')
        self.long_locks()
        self.project.step('a', self.GATE_SQL, witness=False)
        with self.gate():
            first = self.start('apply')
            harness.eventually(lambda: self.rows("SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname OPERATOR(pg_catalog.=) "
                                                 "current_database() AND wait_event OPERATOR(pg_catalog.=) 'advisory'"), 'at the gate')
            self.expect(5, 'apply', '--lock-wait=300ms')
        self.assertEqual(0, first.wait().code)
        self.assertEqual([], self.rows('SELECT DISTINCT what FROM public.caught'))


if __name__ == '__main__':
    harness.main()
