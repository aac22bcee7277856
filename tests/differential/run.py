#!/usr/bin/python3
"""Drives Alembic and sqlmig over the same random graphs with the same commands and compares what is applied.

    SQLMIG_BIN=build/sqlmig /usr/bin/python3 tests/differential/run.py [--seed N] [--seeds N] [-v]

Alembic's applied set is what its own script directory says are the ancestors of the heads in its version table;
sqlmig's is what its ledger holds, and `status --format json` after the last command of a seed. Every third seed also runs SQL:
each migration creates a table from its dependencies' tables, so that a wrong order fails. A command that Alembic
refuses or dies of is counted by kind; its version table is then set to what sqlmig has, and the seed goes on.
"""

import argparse
import collections
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
sys.dont_write_bytecode = True

import sqlalchemy  # noqa: E402
from alembic.config import Config  # noqa: E402
from alembic.operations import Operations  # noqa: E402
from alembic.runtime.migration import MigrationContext  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402
from alembic.script.revision import RevisionError  # noqa: E402
from alembic.util import CommandError  # noqa: E402
from harness import Cluster, memory_folder  # noqa: E402

SEEDS = 205
COMMANDS = 10  # a seed
MIN_COMPARED = 2000
MAX_REFUSED = 20

REVISION = """\
from alembic import op
revision = {id!r}
down_revision = {down!r}
branch_labels = None
depends_on = None
def upgrade():
    {up}
def downgrade():
    {down_sql}
"""


class Graph:
    """A random graph: id -> ids it depends on, in order of declaration."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.parents = {}
        names = []
        for i in range(rng.randint(5, 25)):
            # Neither the order of names nor that of declaration tells the order of the graph.
            name = f"{rng.randrange(16**8):08x}n{i}"
            self.parents[name] = self._choose(rng, names)
            names.append(name)
        self.declared = names[:]
        rng.shuffle(self.declared)

    def _choose(self, rng, names):
        if not names or rng.random() < 0.12:
            return []
        heads = [name for name in names if not any(name in parents for parents in self.parents.values())]
        kind = rng.random()
        if kind < 0.45:
            return [rng.choice(heads)]
        if kind < 0.65:
            return [rng.choice(names)]  # starts a branch
        merges = [parents for parents in self.parents.values() if len(parents) > 1]
        if kind > 0.92 and merges:
            return rng.choice(merges)[:]  # the same two merged twice
        count = min(len(names), rng.choice([2, 2, 2, 3]))
        pool = heads if kind < 0.82 and len(heads) >= count else names[-8:]
        wanted = rng.sample(pool, min(count, len(pool)))
        # Alembic wants no parent that another parent implies.
        return [one for one in wanted if not any(one in self.ancestors([other]) for other in wanted if other != one)]

    def ancestors(self, names):
        """The names and everything below them."""
        seen = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(self.parents[name])
        return seen

    def heads(self, applied):
        return {name for name in applied if not any(name in self.parents[other] for other in applied)}

    def shape(self):
        """Which of these it has: several roots, merges, criss-cross merges (two merges of the same two)."""
        pairs = collections.Counter()
        for parents in self.parents.values():
            pairs.update(itertools.combinations(sorted(parents), 2))
        merges = sum(len(parents) > 1 for parents in self.parents.values())
        roots = sum(not parents for parents in self.parents.values())
        crossed = max(pairs.values(), default=0) > 1
        return [("several roots", roots > 1), ("merges", merges > 0), ("criss-cross", crossed)]

    def __str__(self):
        return "\n".join(f"  {name} <- {', '.join(parents) or '(root)'}" for name, parents in self.parents.items())


def create_sql(graph, schema, name):
    """A table that only the tables of all dependencies allow."""
    sources = ", ".join(f'{schema}."{parent}"' for parent in graph.parents[name])
    return f'CREATE TABLE {schema}."{name}" AS SELECT 1 AS one' + (f" FROM {sources}" if sources else "")


class Alembic:
    def __init__(self, graph, folder, engine, with_sql):
        self.graph = graph
        os.makedirs(folder + "/versions")
        for name, parents in graph.parents.items():
            down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
            up, down_sql = "pass", "pass"
            if with_sql:
                up = f"op.execute({create_sql(graph, 'alembic_side', name)!r})"
                down_sql = f"""op.execute('DROP TABLE alembic_side."{name}"')"""
            with open(f"{folder}/versions/{name}.py", "w", encoding="utf-8") as file:
                file.write(REVISION.format(id=name, down=down, up=up, down_sql=down_sql))
        config = Config()
        config.set_main_option("script_location", folder)
        self.script = ScriptDirectory.from_config(config)
        self.engine = engine

    def _run(self, steps):
        with self.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"fn": steps, "script": self.script})
            with context.begin_transaction(), Operations.context(context):
                context.run_migrations()

    def upgrade(self, targets):
        self._run(lambda current, _: self.script._upgrade_revs(targets, current))

    def downgrade(self, target):
        self._run(lambda current, _: self.script._downgrade_revs(target, current))

    def heads(self):
        with self.engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads())

    def applied(self):
        heads = tuple(self.heads())
        if not heads:
            return set()
        return {revision.revision for revision in self.script.iterate_revisions(heads, "base", inclusive=True)}

    def force(self, applied, side):
        """The version table and the tables as if `applied` were applied."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num text PRIMARY KEY)")
            connection.exec_driver_sql("DELETE FROM alembic_version")
            for head in self.graph.heads(applied):
                connection.exec_driver_sql("INSERT INTO alembic_version VALUES (%s)", (head,))
        side.make_tables("alembic_side", applied)


class Sqlmig:
    def __init__(self, graph, folder, url, with_sql):
        self.binary = os.environ["SQLMIG_BIN"]
        self.graph = graph
        self.calls = 0
        lines = ["version: 1", "project: differential", "directory: sql", "migrations:"]
        for name in graph.declared:
            scripts = "" if with_sql else ", up: none, down: none"
            lines.append(f"  - {{id: {name}, depends_on: [{', '.join(graph.parents[name])}]{scripts}}}")
            if with_sql:
                os.makedirs(f"{folder}/sql/{name}")
                with open(f"{folder}/sql/{name}/up.sql", "w", encoding="utf-8") as file:
                    file.write(create_sql(graph, "sqlmig_side", name) + ";\n")
                with open(f"{folder}/sql/{name}/down.sql", "w", encoding="utf-8") as file:
                    file.write(f'DROP TABLE sqlmig_side."{name}";\n')
        self.manifest = folder + "/migrations.yaml"
        with open(self.manifest, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "SQLMIG_"))}
        self.environment |= {"SQLMIG_URL": url, "SQLMIG_LOG_FILE": "off"}

    def call(self, *arguments):
        self.calls += 1
        return subprocess.run(
            [self.binary, *arguments, "-f", self.manifest],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            text=True,
            check=False,
        )

    def status(self):
        done = self.call("status", "--format", "json")
        if done.returncode != 0:
            raise AssertionError(f"status: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)["databases"][0]


class Side:
    """The one database that both work in: Alembic with its version table, sqlmig with its ledger."""

    def __init__(self, cluster):
        cluster.query("postgres", "CREATE DATABASE differential")
        self.url = cluster.url("differential")
        self.connection = cluster.connect("differential")
        self.engine = sqlalchemy.create_engine(self.url.replace("postgresql:", "postgresql+psycopg2:", 1))
        self.with_sql = False

    def query(self, text):
        with self.connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def clean(self):
        self.query(
            "SET client_min_messages = error; DROP SCHEMA IF EXISTS sqlmig, sqlmig_side, alembic_side CASCADE;"
            "DROP TABLE IF EXISTS alembic_version; CREATE SCHEMA sqlmig_side; CREATE SCHEMA alembic_side"
        )

    def ledger(self):
        if not self.query("SELECT 1 FROM pg_class WHERE oid = to_regclass('sqlmig.migration')"):
            return set()
        return {row[0] for row in self.query("SELECT id FROM sqlmig.migration WHERE scope = 'differential/default'")}

    def tables(self, schema):
        return {row[0] for row in self.query(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")}

    def make_tables(self, schema, names):
        if not self.with_sql:
            return
        there = self.tables(schema)
        for name in there - names:
            self.query(f'DROP TABLE {schema}."{name}"')
        for name in names - there:
            self.query(f'CREATE TABLE {schema}."{name}" AS SELECT 1 AS one')


def next_command(rng, graph, applied):
    """(words as typed, what Alembic is asked for)."""
    names = graph.declared
    kind = rng.random()
    if kind < 0.28:
        target = rng.choice(names)
        return ["upgrade", target]
    if kind < 0.46:
        return ["upgrade", *rng.sample(names, rng.randint(2, min(3, len(names))))]
    if kind < 0.60:
        return ["upgrade", "heads"]
    if kind < 0.67:
        return ["downgrade", "base"]
    if kind < 0.71 or not applied:
        return ["downgrade", rng.choice(names)]  # perhaps not applied: then both must refuse
    return ["downgrade", rng.choice(sorted(applied))]


class Failure(Exception):
    pass


class Seed:
    def __init__(self, seed, side, totals, verbose):
        self.seed, self.side, self.totals, self.verbose = seed, side, totals, verbose
        self.done = []

    def run(self):
        graph = self.graph = Graph(self.seed)
        self.totals["graphs"] += 1
        self.totals["nodes"] += len(graph.declared)
        for name, has in graph.shape():
            self.totals[name] += has
        rng = random.Random(f"commands {self.seed}")
        self.side.clean()
        self.side.with_sql = self.seed % 3 == 0
        with tempfile.TemporaryDirectory(prefix="sqlmig-diff", dir=memory_folder()) as folder:
            self.alembic = Alembic(graph, folder + "/alembic", self.side.engine, self.side.with_sql)
            os.mkdir(folder + "/sqlmig")
            self.sqlmig = Sqlmig(graph, folder + "/sqlmig", self.side.url, self.side.with_sql)
            applied = set()
            for _ in range(COMMANDS):
                applied = self.step(next_command(rng, graph, applied), applied)
            self.check_status(applied)
            self.totals["calls"] += self.sqlmig.calls

    def step(self, words, before):
        self.done.append(" ".join(words))
        refusal = self.run_alembic(words)
        typed = [*words, "--yes"] if words[0] == "downgrade" else words
        result = self.sqlmig.call(*typed, "--no-progress")
        after = self.side.ledger()
        expected_exit = 3 if words[0] == "downgrade" and words[1] != "base" and words[1] not in before else 0
        if result.returncode != expected_exit:
            self.fail(f"sqlmig: exit {result.returncode}, expected {expected_exit}: {result.stdout}{result.stderr}")
        if expected_exit == 3 and refusal:
            refusal = None  # both say no
        if refusal:
            self.totals["refused"][refusal] += 1
            if self.verbose:
                print(f"seed {self.seed}: alembic refused: {refusal}: {self.done[-1]}")
            self.alembic.force(after, self.side)
            return after
        theirs = self.alembic.applied()
        if theirs != after:
            self.fail(
                f"applied sets differ\n  only alembic: {sorted(theirs - after)}"
                f"\n  only sqlmig:  {sorted(after - theirs)}"
            )
        self.totals["compared"] += 1
        kind = words[1] if words[1] in ("heads", "base") else "X" if len(words) == 2 else "X Y"
        self.totals[f"{words[0]} {kind}"] += 1
        self.check_tables(after)
        return after

    def run_alembic(self, words):
        """None, or why it refused."""
        try:
            if words[0] == "downgrade":
                self.alembic.downgrade(words[1])
            elif len(words) == 2:
                self.alembic.upgrade(words[1])
            else:
                # It refuses targets of which one implies another.
                self.alembic.upgrade(tuple(sorted(self.graph.heads(self.graph.ancestors(words[1:])))))
        except (RevisionError, CommandError, KeyError, AssertionError, sqlalchemy.exc.SQLAlchemyError) as error:
            names = sorted(self.graph.declared, key=len, reverse=True)
            text = str(error).split("\n")[0][:90]
            for name in names:
                text = text.replace(name, "X")
            return f"{type(error).__name__}: {text}"
        return None

    def check_tables(self, applied):
        if not self.side.with_sql:
            return
        for schema in ("sqlmig_side", "alembic_side"):
            if self.side.tables(schema) != applied:
                wrong = sorted(self.side.tables(schema) ^ applied)
                self.fail(f"{schema}: the tables are not those of the applied set: {wrong}")

    def check_status(self, applied):
        status = self.sqlmig.status()
        said = {row["id"] for row in status["applied"]}
        if said != applied:
            self.fail(f"status says {sorted(said)}, the ledger {sorted(applied)}")
        if set(status["pending"]) != set(self.graph.declared) - applied:
            self.fail(f"status: pending is {status['pending']}")
        if set(status["current"]) != self.alembic.heads():
            self.fail(f"status: current is {status['current']}, Alembic's heads are {sorted(self.alembic.heads())}")
        self.totals["status"] += 1

    def fail(self, text):
        commands = "\n".join(f"  {line}" for line in self.done)
        raise Failure(f"seed {self.seed}: {text}\ncommands so far:\n{commands}\ngraph:\n{self.graph}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if not os.path.isabs(os.environ.get("SQLMIG_BIN", "")):
        raise SystemExit("SQLMIG_BIN must be the absolute path of sqlmig")

    start = time.monotonic()
    totals = collections.Counter()
    totals["refused"] = collections.Counter()
    seeds = [options.seed] if options.seed is not None else range(1, options.seeds + 1)
    # The server goes when this program ends, and its shared memory, kept in its folder, goes with it.
    side = Side(Cluster(settings=["dynamic_shared_memory_type=mmap"]))
    for seed in seeds:
        try:
            Seed(seed, side, totals, options.verbose).run()
        except Failure as failure:
            print(f"FAILED: {failure}\nagain with: tests/differential/run.py --seed {seed}", file=sys.stderr)
            return 1

    refused = totals.pop("refused")
    return report(totals, refused, time.monotonic() - start, complete=options.seed is None and options.seeds >= SEEDS)


def report(totals, refused, seconds, complete):
    compared, graphs = totals["compared"], totals["graphs"]
    print(f"{compared} comparisons equal, {totals['calls']} calls of sqlmig, {seconds:.0f} s")
    print(
        f"{graphs} graphs, {totals['nodes']} migrations; {totals['several roots']} with several roots, "
        f"{totals['merges']} with merges, {totals['criss-cross']} with criss-cross merges"
    )
    for kind in ("upgrade X", "upgrade X Y", "upgrade heads", "downgrade X", "downgrade base"):
        print(f"  {totals[kind]:5} {kind}")
    print(f"not compared, because Alembic refused what sqlmig did: {sum(refused.values())}")
    for kind, count in refused.most_common():
        print(f"  {count:5} {kind}")
    if not complete:
        return 0
    if compared < MIN_COMPARED or graphs < 200 or min(totals["several roots"], totals["merges"]) < 100:
        print(f"FAILED: too little was compared: {compared} times over {graphs} graphs", file=sys.stderr)
        return 1
    if sum(refused.values()) > MAX_REFUSED:
        print(f"FAILED: Alembic refused more than {MAX_REFUSED} commands", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
