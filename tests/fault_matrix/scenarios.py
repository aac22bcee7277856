"""What is disturbed: a project, the database that it begins with, and one command.

Every up.sql, and every down.sql, writes a row of its own into public.witness, a table without a key: what ran twice is
there twice. A merge without SQL has no row.
"""

import harness


class Scenario:
    """`before`: commands, undisturbed, that make the database on which `command` is run."""

    name = ''
    title = ''
    command = ()
    before = ()
    direction = 'up'  # of the steps that `command` runs; None: it runs no script
    plain = frozenset()  # ids whose disturbed direction runs without a transaction
    codes = (0, 4)  # what it may end with when a connection is cut

    def build(self, project):
        raise NotImplementedError

    def base_faults(self, labels):
        """Faults that every run of the scenario has, found in the messages of an undisturbed run."""
        return {}


def down(name, sql):
    """The scripts undo their own; the row says how often."""
    return f"{sql}INSERT INTO public.witness VALUES ('down {name}');\n"


def branches(project):
    """Two branches and their merge, which has no SQL:  root - left, right - both."""
    project.step('root', 'CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);\n'
                         "COMMENT ON TABLE public.users IS 'People; all of them';\n"
                         'COPY public.users (id, name) FROM stdin;\n1\tone\n2\ttwo;\n\\.\n', down('root', 'DROP TABLE public.users;\n'))
    project.step('left', "CREATE TYPE public.mood AS ENUM ('good', 'bad');\nALTER TABLE public.users ADD COLUMN mood public.mood;\n"
                         "UPDATE public.users SET mood = 'good';\n",
                 down('left', 'ALTER TABLE public.users DROP COLUMN mood;\nDROP TYPE public.mood;\n'), after=['root'])
    project.step('right', 'CREATE FUNCTION public.twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * i; $$;\n'
                          'CREATE TABLE public.bots (id integer PRIMARY KEY, owner bigint REFERENCES public.users DEFERRABLE INITIALLY '
                          'DEFERRED);\nCREATE INDEX bots_owner ON public.bots (owner);\nINSERT INTO public.bots VALUES (1, 2);\n',
                 down('right', 'DROP TABLE public.bots;\nDROP FUNCTION public.twice(integer);\n'), after=['root'])
    project.steps.append({'id': 'both', 'depends_on': ['left', 'right'], 'up': 'none', 'down': 'none'})


PLAIN_UP = """CREATE TABLE public.plain (i integer);
BEGIN;
INSERT INTO public.plain SELECT generate_series(1, 20);
ALTER TABLE public.plain ADD COLUMN j integer;
COMMIT;
UPDATE public.plain SET j = coalesce(j, 0) + i;
CREATE INDEX CONCURRENTLY plain_i ON public.plain (i);
"""

PLAIN_DOWN = """DROP INDEX CONCURRENTLY public.plain_i;
UPDATE public.plain SET j = j - i;
BEGIN;
INSERT INTO public.first SELECT DISTINCT j FROM public.plain;
ALTER TABLE public.plain DROP COLUMN j;
COMMIT;
DROP TABLE public.plain;
"""


def without_transaction(project):
    """A step without a transaction between two with one. What a statement of it does twice is seen in the rows."""
    project.step('first', down=down('first', 'DROP TABLE public.first;\n'))
    project.step('plain', PLAIN_UP, down('plain', PLAIN_DOWN), transaction=False)
    project.step('last', down=down('last', 'DROP TABLE public.last;\n'))


class Apply(Scenario):
    name = 'apply'
    title = 'apply, branches and a merge'
    command = ('apply',)

    def build(self, project):
        branches(project)


class ApplyOne(Apply):
    name = 'apply-one'
    title = 'apply --single-transaction'
    before = (('apply', 'left'),)
    command = ('apply', '--single-transaction')


class ApplyLost(Apply):
    """The connection has been lost once already: every message of the recovery is a point, too."""

    name = 'apply-lost'
    title = 'apply, cut at a COMMIT before'
    before = (('apply', 'left'),)

    def base_faults(self, labels):
        commits = [number for number, label in enumerate(labels, 1) if label == 'B CommandComplete COMMIT']
        return {commits[1]: 'cut-before'}  # the first one is that of the run's own row


class ApplyPlain(Scenario):
    name = 'apply-plain'
    title = 'apply without a transaction'
    before = (('apply', 'first'),)
    command = ('apply',)
    plain = frozenset({'plain'})

    def build(self, project):
        without_transaction(project)


class Rollback(Scenario):
    name = 'rollback'
    title = 'rollback, branches and a merge'
    before = (('apply',),)
    command = ('rollback', '--exact', 'left', '--yes')
    direction = 'down'

    def build(self, project):
        branches(project)


class RollbackPlain(Rollback):
    name = 'rollback-plain'
    title = 'rollback without a transaction'
    command = ('rollback', 'first', '--yes')
    plain = frozenset({'plain'})

    def build(self, project):
        without_transaction(project)
        project.forget('last')


class Stamp(Scenario):
    name = 'stamp'
    title = 'stamp'
    before = (('apply', 'root'),)
    command = ('stamp', 'heads')
    direction = None

    def build(self, project):
        branches(project)


SCENARIOS = {scenario.name: scenario for scenario in
             (Apply(), ApplyOne(), ApplyLost(), ApplyPlain(), Rollback(), RollbackPlain(), Stamp())}


def make_project(scenario):
    project = harness.Project('matrix')
    scenario.build(project)
    project.write()
    return project
