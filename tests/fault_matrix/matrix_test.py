"""The matrix can fail: programs that lie, forget and repeat are found out, and so is each kind of change to a database.

Needs a server; SQLMIG_BIN names the program that is told to lie.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, 'tests/faults')]

import harness  # noqa: E402 (needs the path above)
import matrix  # noqa: E402
import state  # noqa: E402
from point import Bench, Point  # noqa: E402
from scenarios import SCENARIOS, make_project  # noqa: E402

# Stands in for sqlmig. `plain`: not behind the proxy, so this is the run after the disturbed one, or the third.
LIAR = """#!/usr/bin/python3
import os, subprocess, sys, psycopg2
url = os.environ['DATABASE_URL']
plain = 'host=' in url
def real():
    done = subprocess.run([{binary!r}, *sys.argv[1:]], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr
def sql(text):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(text)
code, out, err = 0, 'default: nothing to do (4 applied)\\n', ''
{body}
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class LiarTest(unittest.TestCase):
    """One point each: a cut in a step's message, or one early enough that the run gives up."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = harness.shared_cluster()
        cls.bench = Bench(cls.cluster, 'liar')
        cls.binary = harness.BINARY
        cls.bench.prepare('apply')
        labels = cls.bench.references['apply'].labels
        commits = [number for number, label in enumerate(labels, 1) if label == 'B CommandComplete COMMIT']
        cls.in_step = Point('apply', 'cut-before', commits[3])
        cls.early = Point('apply', 'cut-before', labels.index('B ReadyForQuery I') + 2)

    @classmethod
    def tearDownClass(cls):
        cls.bench.close()

    def liar(self, body):
        folder = tempfile.TemporaryDirectory(prefix='sqlmig-liar-')
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, 'sqlmig')
        with open(path, 'w', encoding='ascii') as file:
            file.write(LIAR.format(binary=self.binary, body=body))
        os.chmod(path, 0o755)
        return path

    def violation(self, body, point):
        harness.BINARY = self.liar(body)
        try:
            verdict = self.bench.run(point)
        finally:
            harness.BINARY = self.binary
        self.assertEqual(1, len(verdict.violations), verdict)
        return verdict.violations[0]

    def test_sqlmig_itself(self):
        for point in (self.in_step, self.early):
            verdict = self.bench.run(point)
            self.assertEqual([], verdict.violations)
            self.assertTrue(verdict.label)
        for action in ('cut-after', 'reset', 'freeze', 'late', 'delay'):
            self.assertEqual([], self.bench.run(self.in_step._replace(action=action)).violations, action)

    def test_the_plain_run_does_nothing(self):
        self.assertIn('after the plain run: schema: lacks', self.violation('if not plain: code, out, err = real()', self.early))

    def test_the_plain_run_fails(self):
        found = self.violation('code, out, err = (7, "", "") if plain else real()', self.early)
        self.assertIn('the plain run after it ended with exit status 7', found)

    def test_success_without_the_work(self):
        self.assertIn('exit status 0, but: schema: lacks', self.violation('_, out, err = real()', self.early))

    def test_a_code_that_is_not_true(self):
        found = self.violation('code, out, err = real()\nif code == 4: code = 6', self.early)
        self.assertIn('the disturbed run ended with exit status 6', found)

    def test_no_way_out(self):
        found = self.violation("code, out, err = real()\nerr = err.replace('hint: ', '')", self.early)
        self.assertIn('names no way out', found)

    def test_the_password(self):
        found = self.violation('code, out, err = real()\nerr += url', self.early)
        self.assertIn('the disturbed run shows the password', found)

    def test_a_script_twice(self):
        found = self.violation("code, out, err = real()\nif plain: sql(\"INSERT INTO public.witness VALUES ('left')\")", self.early)
        self.assertIn('witness: left is 2 instead of 1', found)

    def test_a_script_without_its_row(self):
        found = self.violation("code, out, err = real()\nif not plain: sql(\"INSERT INTO public.witness VALUES ('left')\")", self.early)
        self.assertIn('after the disturbed run: left is absent in the ledger, and its script has run', found)

    def test_a_row_twice_in_the_journal(self):
        found = self.violation('code, out, err = real()\nif code == 0: sql("INSERT INTO sqlmig.event (scope, run, migration, '
                               "direction, kind) SELECT scope, run, migration, direction, kind FROM sqlmig.event WHERE "
                               "migration = 'left'\")", self.early)
        self.assertIn("events: ('left', 'up', 'applied') is 2 instead of 1", found)

    def test_a_run_without_an_end(self):
        found = self.violation("code, out, err = real()\nif plain: sql('UPDATE sqlmig.run SET ended_at = NULL')", self.early)
        self.assertIn('a run in the ledger has no end', found)

    def test_the_third_run_writes(self):
        found = self.violation("code, out, err = real()\nif 'nothing' in out: sql(\"UPDATE sqlmig.run SET target = 'x'\")", self.early)
        self.assertIn('the third run changed something: the ledger', found)

    def test_the_third_run_works(self):
        found = self.violation("code, out, err = real()\nout = out.replace('nothing to do', '4 applied')", self.early)
        self.assertIn('did not say that there is nothing to do', found)

    def test_a_message_that_never_comes(self):
        verdict = self.bench.run(self.early._replace(number=100000))
        self.assertEqual(['the message never came'], verdict.violations)


CHANGES = [
    'CREATE TABLE public.more ()', 'DROP TABLE public.bots', 'ALTER TABLE public.users ALTER name SET DEFAULT 1',
    'ALTER TABLE public.users ALTER name DROP NOT NULL', 'ALTER TABLE public.users ALTER id TYPE numeric', 'CREATE SCHEMA more',
    "COMMENT ON TABLE public.users IS 'other'", 'ALTER TABLE public.users DROP CONSTRAINT users_pkey CASCADE',
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.bots_owner'::regclass",
    'CREATE UNIQUE INDEX more ON public.users (name)', 'DROP FUNCTION public.twice(integer)',
    'CREATE OR REPLACE FUNCTION public.twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 3 * i; $$',
    "ALTER TYPE public.mood ADD VALUE 'so so'", 'GRANT SELECT ON public.users TO PUBLIC', 'CREATE VIEW public.more AS SELECT 1',
    "UPDATE public.users SET name = 'x'", 'DELETE FROM public.bots', "INSERT INTO public.witness VALUES ('left')",
    "DELETE FROM public.witness WHERE id = 'left'", "UPDATE sqlmig.migration SET ordinal = 7 WHERE id = 'left'",
    "UPDATE sqlmig.migration SET up_hash = 'x' WHERE id = 'left'", "UPDATE sqlmig.migration SET status = 'applying' WHERE id = 'left'",
    "DELETE FROM sqlmig.migration WHERE id = 'both'", "DELETE FROM sqlmig.event WHERE migration = 'left'",
    'ALTER TABLE sqlmig.migration ADD more text',
]


class StateTest(unittest.TestCase):
    def test_every_change_is_seen(self):
        bench = Bench(harness.shared_cluster(), 'state')
        self.addCleanup(bench.close)
        template = bench.cluster.new_database()
        self.assertEqual(0, bench.start('apply', ('apply',), bench.cluster.url(template)).wait().code)
        with contextlib.closing(bench.cluster.connect(template)) as connection:
            before = state.look(connection)
            self.assertEqual([], state.look(connection).differences(before))
        for change in CHANGES:
            with self.subTest(change), bench.database(template) as database, \
                    contextlib.closing(bench.cluster.connect(database)) as connection:
                connection.cursor().execute(change)
                after = state.look(connection)
                self.assertNotEqual([], after.differences(before))
                self.assertNotEqual([], before.differences(after))

    def test_what_is_never_true(self):
        project = make_project(SCENARIOS['apply'])
        self.addCleanup(project.remove)
        root, left = {'root': ('applied', [])}, {'left': ('applied', ['root'])}

        def found(name, applied, *witness):
            return state.broken_promises(SCENARIOS[name], project.steps, applied, {row: 1 for row in witness})
        self.assertEqual([], found('apply', {}))
        self.assertEqual([], found('apply', root, 'root'))
        self.assertEqual(['root is applied in the ledger, and its script has not run'], found('apply', root))
        self.assertEqual(['root is absent in the ledger, and its script has run'], found('apply', {}, 'root'))
        self.assertEqual(['left is applied without root'], found('apply', left, 'left'))
        self.assertEqual(['root ran 2 times'], state.broken_promises(SCENARIOS['apply'], project.steps, root, {'root': 2}))
        self.assertIn('root is applying, though it runs in a transaction', found('apply', {'root': ('applying', [])}))
        plain = SCENARIOS['apply-plain']
        steps = [{'id': 'plain'}]
        for status, witness, right in (('applying', {}, True), ('applying', {'plain': 1}, True), ('applied', {'plain': 1}, True),
                                       ('applied', {}, False), ('absent', {'plain': 1}, False), ('absent', {}, True)):
            applied = {} if status == 'absent' else {'plain': (status, [])}
            self.assertEqual(right, state.broken_promises(plain, steps, applied, witness) == [], (status, witness))
        downs = [f'down {name}' for name in ('left', 'right')]
        self.assertEqual([], found('rollback', root, 'down left', 'down right'))
        self.assertEqual(['right is absent in the ledger, and its script has not run'], found('rollback', root, downs[0]))
        self.assertEqual(['root is applied in the ledger, and its script has run'], found('rollback', root, 'down root', *downs))


class CampaignTest(unittest.TestCase):
    def run_matrix(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            status = matrix.main(arguments)
        return status, out.getvalue()

    def test_goes_on_where_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'state')
            with open(path, 'w', encoding='ascii') as file:
                file.write(json.dumps({'key': 'of another program', 'point': 'stamp:cut-before:3'}) + '\n')
            first = ('--only', 'stamp:cut-before:2', '--only', 'stamp:cut-before:3')
            status, out = self.run_matrix('--state', path, *first)
            self.assertIn('\n2 cut points, 0 violations', out)
            self.assertEqual(0, status)
            with open(path, 'a', encoding='ascii') as file:
                file.write('{"key": "half a line')
            status, out = self.run_matrix('--state', path, *first, '--only', 'stamp:cut-before:4')
            self.assertIn('\n3 cut points, 0 violations', out)
            self.assertIn(f'2 of them from {path}', out)
            self.assertEqual(0, status)
            status, out = self.run_matrix('--state', path, *first, '--only', 'stamp:cut-before:4')
            self.assertIn(f'3 of them from {path}', out)
            self.assertEqual(0, status)

    def test_a_violation_is_an_exit_status_and_a_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'state')
            for _ in range(2):  # and is not taken for a point that held
                status, out = self.run_matrix('--only', 'stamp:cut-before:100000', '--state', path)
                self.assertEqual(1, status)
                self.assertIn('again: scripts/fault_matrix --only stamp:cut-before:100000', out)
                self.assertIn('\n1 cut points, 1 violations', out)

    def test_points(self):
        from matrix import points_of
        from point import Reference
        labels = ['F Query', 'B CommandComplete BEGIN', 'B ReadyForQuery I', 'F Terminate']
        reference = Reference('', {}, labels, None)
        everything = [str(point) for point in points_of('apply', reference, matrix.ACTIONS, quick=False)]
        self.assertEqual(4 * 5 + 2, len(everything))
        self.assertIn('apply:late:4', everything)
        self.assertNotIn('apply:late:3', everything)
        quick = [str(point) for point in points_of('apply', reference, matrix.QUICK, quick=True)]
        self.assertEqual(['apply:cut-before:1', 'apply:cut-after:1', 'apply:cut-before:2', 'apply:cut-before:3', 'apply:cut-after:3',
                          'apply:cut-before:4', 'apply:cut-after:4'], quick)
        lost = [str(point) for point in points_of('apply-lost', reference._replace(faults={2: 'cut-before'}), ('reset',), quick=False)]
        self.assertEqual(['apply-lost:reset:3', 'apply-lost:reset:4'], lost)


if __name__ == '__main__':
    unittest.main()
