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

    def build(self, project):
        raise NotImplementedError

    def base_faults(self, labels):
        """Faults that every run of the scenario has, found in the messages of an undisturbed run."""
        return {}


def down(name, sql):
    """The scripts undo their own; the row says how often."""
    return f"{sql}INSERT INTO public.witness VALUES ('down {name}');\n"


def branches(project):
    """Two branches and their merge, which has no SQL, and a step behind it:  root - left, right - both - last."""
    project.step('root', "CREATE TABLE public.users (id bigint PRIMARY KEY, name text NOT NULL);\n"
                         "COMMENT ON TABLE public.users IS 'People; all of them';\n"
                         "INSERT INTO public.users VALUES (1, 'one'), (2, 'two');\n", down('root', 'DROP TABLE public.users;\n'))
    project.step('left', "CREATE TYPE public.mood AS ENUM ('good', 'bad');\nALTER TABLE public.users ADD COLUMN mood public.mood;\n"
                         "UPDATE public.users SET mood = 'good';\n",
                 down('left', 'ALTER TABLE public.users DROP COLUMN mood;\nDROP TYPE public.mood;\n'), after=['root'])
    project.step('right', 'CREATE FUNCTION public.twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * i; $$;\n'
                          'CREATE INDEX users_name ON public.users (name);\n',
                 down('right', 'DROP INDEX public.users_name;\nDROP FUNCTION public.twice(integer);\n'), after=['root'])
    project.steps.append({'id': 'both', 'depends_on': ['left', 'right'], 'up': 'none', 'down': 'none'})
    project.step('last', 'CREATE TABLE public.bots (id integer PRIMARY KEY, owner bigint REFERENCES public.users DEFERRABLE INITIALLY '
                         'DEFERRED);\nCOPY public.bots (id, owner) FROM stdin;\n1\t1\n2\t2\n\\.\n',
                 down('last', 'DROP TABLE public.bots;\n'), after=['both'])


PLAIN_UP = """CREATE TABLE public.plain (i integer);
INSERT INTO public.plain SELECT generate_series(1, 20);
BEGIN;
ALTER TABLE public.plain ADD COLUMN j integer;
UPDATE public.plain SET j = -i;
COMMIT;
CREATE INDEX CONCURRENTLY plain_i ON public.plain (i);
ALTER TABLE public.plain ADD CONSTRAINT plain_positive CHECK (i > 0) NOT VALID;
CREATE UNIQUE INDEX CONCURRENTLY plain_j ON public.plain (j);
"""

PLAIN_DOWN = """DROP INDEX CONCURRENTLY public.plain_j;
ALTER TABLE public.plain DROP CONSTRAINT plain_positive;
DROP INDEX CONCURRENTLY public.plain_i;
BEGIN;
ALTER TABLE public.plain DROP COLUMN j;
DELETE FROM public.plain;
COMMIT;
DROP TABLE public.plain;
"""


def without_transaction(project):
    """A step without a transaction between two with one."""
    project.step('first', down=down('first', 'DROP TABLE public.first;\n'))
    project.step('plain', PLAIN_UP, down('plain', PLAIN_DOWN), transaction=False)
    project.step('third', down=down('third', 'DROP TABLE public.third;\n'))


class Apply(Scenario):
    name = 'apply'
    title = 'apply, branches and a merge'
    command = ('apply',)

    def build(self, project):
        branches(project)


class ApplyOne(Apply):
    name = 'apply-one'
    title = 'apply --single-transaction'
    command = ('apply', '--single-transaction')


class ApplyLost(Apply):
    """The connection has been lost once already: every message of the recovery is a point, too."""

    name = 'apply-lost'
    title = 'apply after a first cut at a COMMIT'

    def base_faults(self, labels):
        commits = [number for number, label in enumerate(labels, 1) if label == 'B CommandComplete COMMIT']
        return {commits[len(commits) // 2]: 'cut-before'}


class ApplyPlain(Scenario):
    name = 'apply-plain'
    title = 'apply, a step without a transaction'
    command = ('apply',)
    plain = frozenset({'plain'})

    def build(self, project):
        without_transaction(project)


class Rollback(Scenario):
    name = 'rollback'
    title = 'rollback to base, branches and a merge'
    before = (('apply',),)
    command = ('rollback', 'base', '--yes')
    direction = 'down'

    def build(self, project):
        branches(project)


class RollbackPlain(Rollback):
    name = 'rollback-plain'
    title = 'rollback, a step without a transaction'
    plain = frozenset({'plain'})

    def build(self, project):
        without_transaction(project)


class Stamp(Scenario):
    name = 'stamp'
    title = 'stamp heads, the first step is applied'
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
