"""Receipts: what a step locked, for how long, who waited, what was rewritten and scanned. On a real server, beside real
sessions."""

import json
import threading
import time

import harness


class ReceiptsTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.rows("CREATE TABLE public.busy (i int, name text); INSERT INTO public.busy SELECT n, n::text FROM generate_series(1, 1000) n; "
                  'CREATE TABLE public.other (i int PRIMARY KEY); CREATE INDEX busy_i ON public.busy (i)')

    def receipts(self, name):
        shown = self.expect(0, 'show', name, '--with-database', '--format', 'json').json['migrations'][0]
        return shown['receipts']

    def receipt(self, name, direction='up'):
        found = [receipt for receipt in self.receipts(name) if receipt['direction'] == direction]
        self.assertEqual(1, len(found), found)
        return found[0]

    def lock(self, receipt, relation):
        found = [lock for lock in receipt['locks'] if lock['relation'] == relation]
        self.assertEqual(1, len(found), receipt)
        return found[0]

    def apply(self, sql, *arguments, down=None, **keys):
        self.project.step('a', sql, down, witness=False, **keys)
        self.expect(0, 'apply', *arguments)
        return self.receipt('a')

    def test_a_quick_step_has_none_unless_it_is_asked_for(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.assertEqual([], self.receipts('a'))
        self.expect(0, 'redo', '--receipts')
        self.assertEqual(['down', 'up'], sorted(receipt['direction'] for receipt in self.receipts('a')))

    def test_a_slow_step_has_one(self):
        receipt = self.apply('ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(0.5);\n')
        lock = self.lock(receipt, 'public.busy')
        self.assertEqual(('table', 'ACCESS EXCLUSIVE', False, 0, 0), (lock['kind'], lock['mode'], lock['rewritten'], lock['scanned'], lock['waited_ms']))
        self.assertGreaterEqual(lock['held_ms'], 450)
        self.assertLess(lock['held_ms'], 5000)
        self.assertEqual({'sessions': 0, 'longest_ms': 0}, receipt['victims'])
        text = self.expect(0, 'show', 'a', '--with-database').out
        self.assertRegex(text, r'Receipt of up: \S+, run \S+\n  lock     ACCESS EXCLUSIVE public\.busy \(held \d\.\d s\)\n')
        self.assertRegex(self.project.read_file('sqlmig.log'), r'db=default up a receipt: ACCESS EXCLUSIVE public\.busy \(held ')
        # Without a connection there is nothing to show.
        self.assertEqual([], self.expect(0, 'show', 'a', '--format', 'json').json['migrations'][0]['receipts'])

    def test_a_lock_that_is_taken_after_the_last_look(self):
        receipt = self.apply('SELECT pg_sleep(1.5);\nALTER TABLE public.busy ADD COLUMN j int;\n')
        lock = self.lock(receipt, 'public.busy')
        self.assertEqual('ACCESS EXCLUSIVE', lock['mode'])
        self.assertLess(lock['held_ms'], 1400)

    def test_a_rewrite(self):
        for how in ((), ('--receipts',)):
            with self.subTest(how):
                self.setUp()
                slow = '' if how else 'SELECT pg_sleep(0.4);\n'
                lock = self.lock(self.apply(slow and 'LOCK TABLE public.busy;\n' + slow + 'ALTER TABLE public.busy ALTER i TYPE bigint;\n'
                                            or 'ALTER TABLE public.busy ALTER i TYPE bigint;\n', *how), 'public.busy')
                self.assertEqual((True, 'ACCESS EXCLUSIVE'), (lock['rewritten'], lock['mode']))
                self.assertGreaterEqual(lock['scanned'], 1)

    def test_a_scan_without_a_rewrite(self):
        lock = self.lock(self.apply('ALTER TABLE public.busy ALTER i SET NOT NULL;\n', '--receipts'), 'public.busy')
        self.assertEqual((False, 1), (lock['rewritten'], lock['scanned']))

    def test_a_change_that_scans_nothing(self):
        lock = self.lock(self.apply('ALTER TABLE public.busy ADD CONSTRAINT c CHECK (i > 0) NOT VALID;\n', '--receipts'), 'public.busy')
        self.assertEqual((False, 0), (lock['rewritten'], lock['scanned']))

    def test_scans_of_the_step_before_do_not_count(self):
        self.project.step('before', 'SELECT count(name) FROM public.busy;\nSELECT count(name) FROM public.busy;\n', 'SELECT 1;\n')
        self.project.step('a', 'SELECT count(name) FROM public.busy;\nSELECT pg_sleep(0.2);\n', 'SELECT 1;\n')
        self.project.step('b', 'SELECT count(name) FROM public.busy;\n', 'SELECT 1;\n')
        self.expect(0, 'apply')
        # A server before 15 cannot tell.
        expected = 1 if self.cluster.version >= 150000 else None
        self.assertEqual(expected, self.lock(self.receipt('a'), 'public.busy')['scanned'])
        self.expect(0, 'rollback', 'base', '--yes')
        self.expect(0, 'apply', '--receipts')
        self.assertEqual([2, 1, 1], [self.lock(self.receipt(name), 'public.busy')['scanned'] for name in ('before', 'a', 'b')])

    def test_a_foreign_key_locks_both(self):
        receipt = self.apply('ALTER TABLE public.busy ADD FOREIGN KEY (i) REFERENCES public.other NOT VALID;\n', '--receipts')
        self.assertEqual({'public.busy': 'SHARE ROW EXCLUSIVE', 'public.other': 'SHARE ROW EXCLUSIVE'},
                         {lock['relation']: lock['mode'] for lock in receipt['locks']})

    def test_what_the_step_makes_is_left_out(self):
        receipt = self.apply('CREATE TABLE public.a (i bigserial PRIMARY KEY, t text);\nINSERT INTO public.a SELECT 1;\n'
                             'SAVEPOINT s;\nCREATE TABLE public.b (i int);\nRELEASE s;\nSELECT pg_sleep(0.3);\n'
                             'CREATE TABLE public.late (i int REFERENCES public.other);\n', down='DROP TABLE public.late, public.a, public.b;\n')
        self.assertEqual(['public.other'], [lock['relation'] for lock in receipt['locks']])

    def test_what_the_step_drops_is_named(self):
        lock = self.lock(self.apply('DROP TABLE public.busy;\n', '--receipts'), 'public.busy')
        self.assertEqual(('table', 'ACCESS EXCLUSIVE', False), (lock['kind'], lock['mode'], lock['rewritten']))

    def test_what_a_slow_step_drops_is_named_without_being_asked_for(self):
        lock = self.lock(self.apply('SELECT pg_sleep(0.4);\nDROP TABLE public.busy;\n'), 'public.busy')
        self.assertEqual(('table', 'ACCESS EXCLUSIVE', False), (lock['kind'], lock['mode'], lock['rewritten']))

    def test_the_relations_that_a_rewrite_makes_are_left_out(self):
        receipt = self.apply('SELECT pg_sleep(0.4);\nALTER TABLE public.busy ALTER i TYPE bigint;\n')
        self.assertEqual(['public.busy'], [lock['relation'] for lock in receipt['locks']])

    def test_what_the_step_makes_and_drops_is_left_out(self):
        for how in ((), ('--receipts',)):
            with self.subTest(how):
                self.setUp()
                receipt = self.apply('SELECT pg_sleep(0.4);\nCREATE TABLE public.tmp (a int PRIMARY KEY, b text);\nDROP TABLE public.tmp;\n', *how)
                self.assertEqual([], receipt['locks'])

    def test_a_name_that_needs_quotes(self):
        self.rows('CREATE SCHEMA "S"; CREATE TABLE "S"."we""ird\\ (t)" (i int)')
        receipt = self.apply('ALTER TABLE "S"."we""ird\\ (t)" ADD COLUMN j int;\n', '--receipts')
        self.assertEqual(['"S"."we""ird\\ (t)"'], [lock['relation'] for lock in receipt['locks']])

    def test_an_index_that_is_held_more_strongly_than_its_table(self):
        receipt = self.apply('REINDEX INDEX public.busy_i;\n', '--receipts')
        lock = self.lock(receipt, 'public.busy_i')
        self.assertEqual(('index', 'ACCESS EXCLUSIVE', True), (lock['kind'], lock['mode'], lock['rewritten']))
        self.assertEqual('SHARE', self.lock(receipt, 'public.busy')['mode'])

    def test_waiting_behind_a_holder(self):
        self.long_locks()
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n', max_blocked_time='1h')
        holder = self.cluster.connect(self.db)
        holder.autocommit = False
        holder.cursor().execute('SELECT count(*) FROM public.busy')
        runner = self.start('apply')
        harness.eventually(lambda: self.rows('SELECT 1 FROM pg_locks WHERE NOT granted'), 'it waits')
        time.sleep(3.2)  # several attempts, the longest with 800 ms
        holder.rollback()
        self.assertEqual(0, runner.wait().code)
        lock = self.lock(self.receipt('a'), 'public.busy')
        self.assertEqual('ACCESS EXCLUSIVE', lock['mode'])
        self.assertGreaterEqual(lock['waited_ms'], 700)
        self.assertLess(lock['held_ms'], lock['waited_ms'])

    def test_victims_are_counted(self):
        self.project.step('a', 'LOCK TABLE public.busy;\n' + self.GATE_SQL, max_blocked=0, max_blocked_time='0')
        self.long_locks()

        def read():
            connection = self.cluster.connect(self.db)
            connection.cursor().execute('SELECT count(*) FROM public.busy')
            connection.close()
        threads = [threading.Thread(target=read) for _ in range(3)]
        with self.gate():
            runner = self.start('apply')
            self.at_gate()
            for thread in threads:
                thread.start()
            harness.eventually(lambda: self.rows("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")[0][0] == 3, 'three wait')
            time.sleep(0.8)
        self.assertEqual(0, runner.wait().code)
        for thread in threads:
            thread.join()
        victims = self.receipt('a')['victims']
        self.assertEqual(3, victims['sessions'])
        self.assertGreaterEqual(victims['longest_ms'], 500)
        self.assertRegex(self.expect(0, 'show', 'a', '--with-database').out, r'\n  victims  3 sessions at most, \d\.\d s the longest\n')

    def test_a_concurrent_build(self):
        self.long_locks()
        self.project.step('a', 'CREATE INDEX CONCURRENTLY busy_name ON public.busy (name);\nCREATE TABLE public.a (i int);\n'
                          'ALTER TABLE public.other ADD COLUMN j int;\n',
                          'DROP TABLE public.a;\nDROP INDEX CONCURRENTLY public.busy_name;\n', witness=False, transaction=False)
        with self.cluster.connect(self.db) as other:
            other.cursor().execute('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM public.witness')
            runner = self.start('apply')
            harness.eventually(lambda: self.rows("SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for old%'"), 'it waits')
            time.sleep(0.5)
            other.cursor().execute('ROLLBACK')
        result = runner.wait()
        self.assertEqual(0, result.code, result)
        receipt = self.receipt('a')
        self.assertEqual({'public.busy': 'SHARE UPDATE EXCLUSIVE', 'public.other': 'ACCESS EXCLUSIVE'},
                         {lock['relation']: lock['mode'] for lock in receipt['locks']})
        lock = self.lock(receipt, 'public.busy')
        self.assertEqual((False, None), (lock['rewritten'], lock['scanned']))
        self.assertGreaterEqual(lock['held_ms'], 400)

    def test_units_of_a_quick_step(self):
        receipt = self.apply('ALTER TABLE public.busy ALTER i TYPE bigint;\nBEGIN;\nALTER TABLE public.other ADD COLUMN j int;\n'
                             'CREATE TABLE public.a (i int);\nCOMMIT;\nALTER TABLE public.a ADD COLUMN k int;\n', '--receipts', transaction=False)
        self.assertEqual({'public.busy': ('ACCESS EXCLUSIVE', True), 'public.other': ('ACCESS EXCLUSIVE', False)},
                         {lock['relation']: (lock['mode'], lock['rewritten']) for lock in receipt['locks']})

    def test_a_rollback(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n', 'ALTER TABLE public.busy DROP COLUMN j;\nSELECT pg_sleep(0.3);\n')
        self.expect(0, 'apply')
        self.expect(0, 'rollback')
        self.assertEqual('ACCESS EXCLUSIVE', self.lock(self.receipt('a', 'down'), 'public.busy')['mode'])
        self.expect(0, 'apply', '--receipts')
        self.expect(0, 'rollback', '--receipts')
        self.assertEqual(['up', 'down'], [receipt['direction'] for receipt in self.receipts('a')])

    def test_one_transaction_for_the_run(self):
        self.project.step('a', 'SELECT count(name) FROM public.busy;\nCREATE TABLE public.a (i int);\n')
        self.project.step('b', 'ALTER TABLE public.a ADD COLUMN j int;\nSELECT count(name) FROM public.busy;\nALTER TABLE public.other ADD COLUMN j int;\n')
        self.expect(0, 'apply', '--single-transaction', '--receipts')
        self.assertEqual(1, self.lock(self.receipt('a'), 'public.busy')['scanned'])
        second = self.receipt('b')
        self.assertEqual(1, self.lock(second, 'public.busy')['scanned'])
        self.assertEqual('ACCESS EXCLUSIVE', self.lock(second, 'public.other')['mode'])
        self.assertNotIn('public.a', [lock['relation'] for lock in second['locks']])

    def test_a_failed_step_has_none(self):
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\nSELECT pg_sleep(0.3);\nSELECT 1/0;\n')
        self.expect(6, 'apply', '--receipts')
        self.assertEqual([], self.receipts('a'))

    def test_a_connection_that_is_lost_at_the_receipt(self):
        """Neither fails the step nor repeats it."""
        self.project.step('a', 'ALTER TABLE public.busy ADD COLUMN j int;\n').step('b')
        proxy = harness.Proxy(self.cluster.port, lambda side, connection, number, kind, body:
                              'cut' if side == 'client' and connection == 0 and b"'receipt'" in body else None)
        self.addCleanup(proxy.close)
        result = self.expect(0, 'apply', '--receipts', env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=proxy.port)})
        self.assert_applied('a', 'b')
        self.assertIn('connection', result.err)
        self.assertRegex(self.project.read_file('sqlmig.log'), 'up a receipt: not written: ')
        self.assertEqual([], self.receipts('a'))
        self.assertEqual(1, len(self.receipts('b')))

    def test_a_receipt_that_the_ledger_refuses(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows("ALTER TABLE sqlmig.event ADD CONSTRAINT c CHECK (kind <> 'receipt')")
        self.project.step('b')
        self.expect(0, 'apply', '--receipts')
        self.assert_applied('a', 'b')
        self.assertRegex(self.project.read_file('sqlmig.log'), 'up b receipt: not written: .*constraint')

    def messages(self, *arguments):
        """How many messages with SQL a run sends."""
        queries = []
        proxy = harness.Proxy(self.cluster.port, lambda side, connection, number, kind, body: queries.append(body) if kind == 'Q' else None)
        self.addCleanup(proxy.close)
        self.expect(0, *arguments, env={'DATABASE_URL': self.cluster.url(self.db, tcp=True, port=proxy.port)})
        return len(queries)

    def test_a_quick_step_costs_one_message_and_with_a_receipt_two(self):
        self.project.step('first')
        for number in range(5):
            self.project.step(f's{number}')
        self.expect(0, 'apply', 'first')
        few, more, full = self.messages('apply', '+1'), self.messages('apply', '+2'), self.messages('apply', '+2', '--receipts')
        self.assertEqual((1, 2), (more - few, full - more))


class LedgerUpgradeTest(harness.FaultTest):
    """A ledger of version 1, as sqlmig made it before there were receipts."""

    COLUMNS = ("SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, "
               "pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class') FROM pg_class c "
               'JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum '
               "WHERE c.relnamespace = 'sqlmig'::regnamespace AND NOT a.attisdropped ORDER BY 1, 3")

    def age(self):
        """Takes the ledger back to what it was."""
        self.rows('ALTER TABLE sqlmig.event DROP COLUMN receipt; UPDATE sqlmig.ledger SET version = 1; COMMENT ON COLUMN sqlmig.event.kind IS '
                  "'applied, reverted, failed, started, resumed, statement, stamped, unstamped, purged, repaired'")

    def version(self):
        return self.rows('SELECT max(version) FROM sqlmig.ledger')[0][0]

    def test_reading_leaves_it_alone_and_the_first_change_upgrades_it(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.age()
        for command in (('status',), ('show', 'a', '--with-database'), ('log',), ('log', '--events'), ('plan',), ('history', '-v'), ('check', '--with-database'),
                        ('apply',), ('wait', 'a')):
            self.expect(0, *command)
            self.assertEqual(1, self.version())
        self.project.step('b')
        self.expect(0, 'apply', '--receipts')
        self.assert_applied('a', 'b')
        self.assertEqual(2, self.version())
        self.assertEqual(1, len(self.expect(0, 'show', 'b', '--with-database', '--format', 'json').json['migrations'][0]['receipts']))
        self.assert_settled()

    def test_bookkeeping_upgrades_it_too(self):
        self.project.step('a').step('b')
        self.expect(0, 'apply', 'a')
        self.age()
        self.expect(0, 'stamp', 'b', '--yes')
        self.assertEqual((2, ['a', 'b']), (self.version(), self.applied()))

    def test_an_upgraded_ledger_is_a_new_one(self):
        self.project.step('a')
        self.expect(0, 'apply')
        new = self.rows(self.COLUMNS)
        self.age()
        # Columns that are gone still have their numbers.
        self.rows('CREATE TABLE public.e AS TABLE sqlmig.event; DROP TABLE sqlmig.event')
        script = self.expect(0, 'apply', '--sql', env={'DATABASE_URL': None}).out
        begin = script.index('CREATE TABLE "sqlmig".event')
        self.rows(script[begin:script.index('ALTER TABLE "sqlmig".event ADD COLUMN receipt')])
        self.assertNotEqual(new, self.rows(self.COLUMNS))
        self.project.step('b')
        self.expect(0, 'apply')
        self.assertEqual(new, self.rows(self.COLUMNS))

    def test_an_upgrade_that_is_not_allowed(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.age()
        self.rows('CREATE ROLE deployer LOGIN; GRANT USAGE ON SCHEMA sqlmig TO deployer; GRANT ALL ON ALL TABLES IN SCHEMA sqlmig TO deployer; '
                  'GRANT ALL ON public.witness TO deployer; GRANT CREATE ON SCHEMA public TO deployer')
        self.addCleanup(self.rows, 'DROP OWNED BY deployer; DROP ROLE deployer')
        self.project.step('b')
        result = self.expect(7, 'apply', env={'DATABASE_URL': self.cluster.url(self.db, user='deployer')})
        self.assertIn('hint: connect as the role that owns the ledger', result.err)
        self.assert_applied('a')
        self.assertEqual(1, self.version())

    def test_a_run_that_dies_at_the_upgrade(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.age()
        self.project.step('b')
        for point in ('locked', 'planned', 'run_started'):
            self.run_sqlmig('apply', env={'SQLMIG_CRASH': f'{point}:kill'})
        self.expect(0, 'apply')
        self.assertEqual(2, self.version())
        self.assert_applied('a', 'b')
        self.assert_settled()

    def test_planted_code_in_the_new_column(self):
        self.project.step('a')
        self.expect(0, 'apply')
        self.rows("CREATE FUNCTION public.f() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$; "
                  'ALTER TABLE sqlmig.event ALTER receipt SET DEFAULT public.f()')
        self.project.step('b')
        self.expect(7, 'apply')
        self.assert_applied('a')

    def test_a_receipt_that_is_none(self):
        """Who writes into the ledger can write anything; it is shown as far as it is understood."""
        self.project.step('a')
        self.expect(0, 'apply', '--receipts')
        for text in ('[]', '7', '{"locks": 3, "victims": []}', '{"locks": [7, {"relation": 3, "modes": [1], "held_ms": "x"}]}',
                     json.dumps({'locks': [{'relation': 'x\x1b[31m', 'kind': 'table', 'modes': ['ACCESS\nSHARE'], 'held_ms': 1}]})):
            self.rows("UPDATE sqlmig.event SET receipt = %s WHERE kind = 'receipt'", text)
            self.expect(0, 'show', 'a', '--with-database', '--format', 'json')
            self.assertNotIn('\x1b', self.expect(0, 'show', 'a', '--with-database').out)


if __name__ == '__main__':
    harness.main()
