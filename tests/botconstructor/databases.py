"""What the tests of the Bot Constructor's migrations share: the manifest, a server, scratch databases, and two
ways to run a migration.

The server is the one that PGHOST, PGPORT and PGUSER name. The migrations are run by the sqlmig binary that
SQLMIG_BIN names, or, with --with-psql on the command line, by psql alone: when a test fails with the first and
passes with the second, the tool is wrong, and when it fails with both, the script is. What is missing is a
failure, never a skip.
"""

import contextlib
import difflib
import functools
import glob
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.parse

import psycopg2

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
import catalog  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MANIFEST = REPOSITORY / "migrations.yaml"
WITH_PSQL = "--with-psql"

_ENTRY = re.compile(r"\s+- \{id: (?P<id>[\w.-]+), depends_on: \[(?P<parents>[^\]]*)\](?P<rest>.*)\}$")


class Migration:
    """One line of the manifest."""

    def __init__(self, database, match):
        self.id = match["id"]
        self.parents = [parent.strip() for parent in match["parents"].split(",") if parent.strip()]
        self.has_sql = "up: none" not in match["rest"]
        self.transactional = "transaction:" not in match["rest"]
        self.directory = REPOSITORY / "sql" / database / self.id

    @property
    def slug(self):
        return self.id.partition("_")[2]


def migrations(database):
    """The migrations of a database as the manifest lists them: here always after all they depend on."""
    found, current = [], None
    for number, line in enumerate(MANIFEST.read_text(encoding="ascii").splitlines(), 1):
        if re.match(r"  \w+:$", line):
            current = line.strip(" :")
        if not line.lstrip().startswith("- {") or current != database:
            continue
        match = _ENTRY.match(line)
        if not match:
            raise AssertionError(f"{MANIFEST.name}:{number}: not one migration on one line: {line.strip()}")
        migration = Migration(database, match)
        missing = set(migration.parents) - {earlier.id for earlier in found}
        if missing:
            raise AssertionError(f"{MANIFEST.name}:{number}: {migration.id} stands before {sorted(missing)}")
        found.append(migration)
    if not found:
        raise AssertionError(f"{MANIFEST.name} has no migrations of {database}")
    return found


def fleet_query():
    return re.search(r"^ +query: (.+)$", MANIFEST.read_text(encoding="ascii"), re.MULTILINE)[1]


def program(name):
    """A client program, from PG_BIN, or else the newest installed: that one can dump every older server."""
    directories = [os.environ["PG_BIN"]] if "PG_BIN" in os.environ else sorted(
        glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]), reverse=True)
    if not directories:
        directories = [subprocess.check_output(["pg_config", "--bindir"], text=True).strip()]
    for directory in directories:
        if os.access(os.path.join(directory, name), os.X_OK):
            return os.path.join(directory, name)
    raise AssertionError(f"{name} is in none of {directories}; set PG_BIN")


def _run(arguments, environment=None, **options):
    done = subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", check=False, **options)
    if done.returncode != 0:
        shown = " ".join(map(str, arguments))
        raise AssertionError(f"exit {done.returncode} of: {shown}\n{done.stdout}{done.stderr}")
    return done.stdout


@functools.lru_cache(None)
def pg_dump_major():
    """pg_dump refuses a server that is newer than itself."""
    return int(re.search(r"\(PostgreSQL\) (\d+)", _run([program("pg_dump"), "--version"]))[1])


class Dump:
    """A database as two see it: our own reading of the catalogs, and pg_dump's, None where it cannot read."""

    def __init__(self, catalogs, pg_dump):
        self.catalogs, self.pg_dump = catalogs, pg_dump

    def same(self, other):
        """Where both read, both must find the same answer; so the catalogs alone can be relied on elsewhere."""
        answers = {self.catalogs == other.catalogs}
        if self.pg_dump is not None:
            answers.add(self.pg_dump == other.pg_dump)
        if len(answers) > 1:
            raise AssertionError("\n".join(["pg_dump and the catalogs do not agree on what is different:",
                                            *self.difference(other)]))
        return answers.pop()

    def difference(self, other):
        for wanted, found in ((self.catalogs, other.catalogs), (self.pg_dump or [], other.pg_dump or [])):
            yield from difflib.unified_diff(wanted, found, "wanted", "found", lineterm="", n=6)

    def without(self, word):
        """Only the statements that lack it. Sorted: the place of a statement of pg_dump depends on what is left out."""
        statements = None
        if self.pg_dump is not None:
            statements = sorted(one for one in "\n".join(self.pg_dump).split(";\n") if word not in one)
        return Dump([line for line in self.catalogs if word not in line], statements)


class Database:
    """A database of the test server."""

    def __init__(self, name):
        self.name = name

    @property
    def url(self):
        """One URL for both: the migrator accepts the form that SQLAlchemy asks for."""
        user = urllib.parse.quote(os.environ["PGUSER"], safe="")
        host, port = urllib.parse.quote(os.environ["PGHOST"], safe=""), os.environ["PGPORT"]
        return f"postgresql+asyncpg://{user}@/{self.name}?host={host}&port={port}"

    def psql(self, *arguments, sql=None):
        return _run([program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.name, *arguments],
                    input=sql)

    def dump(self, schema_only=False):
        """The whole database as text, without what differs from one dump to the next.

        What the catalogs say and, of a server that pg_dump can read, what pg_dump says.
        """
        connection = psycopg2.connect(host=os.environ["PGHOST"], port=os.environ["PGPORT"],
                                      user=os.environ["PGUSER"], dbname=self.name)
        try:
            connection.autocommit = True
            said = catalog.describe(connection, without=["sqlmig"], rows=not schema_only)
            readable = connection.server_version // 10000 <= pg_dump_major()
        finally:
            connection.close()
        return Dump(said, self._pg_dump(schema_only) if readable else None)

    def _pg_dump(self, schema_only):
        """The rows of a table are sorted: an UPDATE and its inverse leave them in another order, which means nothing."""
        lines, rows = [], None
        extra = ["--schema-only"] if schema_only else []
        for line in _run([program("pg_dump"), "-N", "sqlmig", *extra, "-d", self.name]).splitlines():
            if rows is not None:
                if line == "\\.":
                    lines += sorted(rows) + [line]
                    rows = None
                else:
                    rows.append(line)
            elif line.startswith("COPY "):
                lines.append(line)
                rows = []
            elif line and not line.startswith(("--", "\\restrict", "\\unrestrict")):
                lines.append(line)
        return lines


@contextlib.contextmanager
def scratch(name):
    """A fresh database that is gone afterwards."""
    missing = [variable for variable in ("PGHOST", "PGPORT", "PGUSER") if not os.environ.get(variable)]
    if missing:
        raise AssertionError(f"no server to test on: set {', '.join(missing)}")
    server = Database("postgres")
    database = Database(f"botconstructor_{name}_{os.getpid()}")
    server.psql("-c", f"DROP DATABASE IF EXISTS {database.name}")
    server.psql("-c", f"CREATE DATABASE {database.name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield database
    finally:
        server.psql("-c", f"DROP DATABASE {database.name} WITH (FORCE)")


class Sqlmig:
    """Runs migrations as a release does."""

    def __init__(self, kind, database):
        self.kind, self.database = kind, database
        self.binary = os.environ.get("SQLMIG_BIN")
        if not self.binary:
            raise AssertionError(f"SQLMIG_BIN does not name the sqlmig binary ({WITH_PSQL} does without)")
        # What a developer has set for other work must not lead a test to another database.
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("SQLMIG_", "BOT_")) and name != "DATABASE_URL"}

    def run(self, command, *arguments):
        return _run([self.binary, "-f", MANIFEST, command, *arguments, "-d", self.kind, "--url", self.database.url,
                     "--log-file", "off"], self.environment)

    def up(self, migration):
        self.run("apply", migration.id)

    def down(self, migration):
        self.run("rollback", "--yes")

    def up_all(self):
        self.run("apply")

    def applied(self):
        [state] = json.loads(self.run("status", "--format", "json"))["databases"]
        return {row["id"] for row in state["applied"]}


class Psql:
    """Runs the scripts and nothing else."""

    def __init__(self, kind, database):
        self.kind, self.database = kind, database
        self.done = set()

    def _script(self, migration, name):
        if migration.has_sql:
            once = ["-1"] if migration.transactional else []
            self.database.psql(*once, "-f", migration.directory / name)

    def up(self, migration):
        self._script(migration, "up.sql")
        self.done.add(migration.id)

    def down(self, migration):
        self._script(migration, "down.sql")
        self.done.remove(migration.id)

    def up_all(self):
        for migration in migrations(self.kind):
            self.up(migration)

    def applied(self):
        return self.done


def migrator(kind, database):
    return (Psql if migrator.with_psql else Sqlmig)(kind, database)


migrator.with_psql = False


def main():
    """unittest.main with one option more."""
    migrator.with_psql = WITH_PSQL in sys.argv
    unittest.main(argv=[argument for argument in sys.argv if argument != WITH_PSQL])
