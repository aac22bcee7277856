#!/usr/bin/python3
"""Proves the drafts that tests/sqltext/drafts/*.txt pin: each is run on a real server.

For every case without a line to be written by hand: what earlier scripts made, pg_dump, up, down, pg_dump as
before, up and down again. Needs PGHOST, PGPORT and PGUSER of a server that is there for tests.

    run.py [WORD...]    only cases whose name has one of the words
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2

CASES = Path(__file__).parent.parent / "sqltext" / "drafts"
MARKER = "-- sqlmig: write what undoes "
# What a server without more than contrib cannot do; the text is pinned all the same.
NOT_HERE = {"subscription": "DROP SUBSCRIPTION"}


def binary(name):
    folder = os.environ.get("SQLMIG_TEST_BINDIR", "/usr/lib/postgresql/15/bin")
    return str(Path(folder) / name)


def read_cases(path):
    cases, part = [], None
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            cases.append({"name": line[4:].strip(), "file": path.stem, "earlier": "", "up": "", "down": "", "outside": False})
            part = None
        elif line.startswith("--- "):
            words = line[4:].split()
            part = words[0]
            if part == "up":
                cases[-1]["outside"] = words[-1] == "outside"
        elif part:
            cases[-1][part] += line
    return cases


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()}")
    return done.stdout


def psql(database, text, transaction=True):
    one = ["-1"] if transaction else []
    return run([binary("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *one, "-d", database, "-f", "-"], text)


def execute(database, text, transaction=True):
    """As one message, which is one transaction; statement by statement it is psql's."""
    if not transaction:
        psql(database, text, False)
        return
    connection = psycopg2.connect(dbname=database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(text)
    finally:
        connection.close()


def dump(database, with_rows):
    only = [] if with_rows else ["--schema-only"]
    text = run([binary("pg_dump"), *only, "-d", database])
    text = re.sub(r"^\\(un)?restrict .*\n|^-- Dumped .*\n|^-- (Name|Data for Name|TOC).*\n", "", text, flags=re.M)
    # The order of storage options is that in which they were set, and means nothing.
    text = re.sub(r"(?<=^WITH \()(.*)(?=\);$)", lambda found: ", ".join(sorted(found[0].split(", "))), text, flags=re.M)
    # Roles are the cluster's, which pg_dump leaves out.
    connection = psycopg2.connect(dbname=database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT r.rolname, m.rolname, a.admin_option FROM pg_roles r LEFT JOIN pg_auth_members a "
                       "ON a.roleid = r.oid LEFT JOIN pg_roles m ON m.oid = a.member "
                       "WHERE r.rolname !~ '^pg_' ORDER BY 1, 2")
        roles = "".join(f"{row}\n" for row in cursor.fetchall())
    connection.close()
    return text + roles


def prove(case, number):
    if MARKER in case["down"] or case["name"] in NOT_HERE:
        return None
    database = f"draft_{os.getpid()}_{number}"
    psql("postgres", f"CREATE DATABASE {database} TEMPLATE template0", transaction=False)
    within = not case["outside"]
    rows = case["file"] == "data"
    try:
        if case["earlier"]:
            psql(database, case["earlier"], transaction=False)
        before = dump(database, rows)
        execute(database, case["up"], within)
        if case["down"].strip():
            execute(database, case["down"], within)
        if (left := dump(database, rows)) != before:
            return difference(before, left)
        # What is left behind without being seen in a dump would be in the way now.
        execute(database, case["up"], within)
        if case["down"].strip():
            execute(database, case["down"], within)
    except (RuntimeError, psycopg2.Error) as error:
        return str(error)
    finally:
        psql("postgres", f"DROP DATABASE {database}", transaction=False)
    return ""


def difference(before, after):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("before", before), ("after", after)):
            (Path(folder) / name).write_text(text)
        return subprocess.run(["diff", "-U2", "before", "after"], cwd=folder, capture_output=True, text=True).stdout


def main():
    cases = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]
    if words := sys.argv[1:]:
        cases = [case for case in cases if any(word in case["name"] for word in words)]
    psql("postgres", "CREATE ROLE r1; CREATE ROLE r2; GRANT CREATE ON DATABASE postgres TO r1", transaction=False)
    # One after the other: roles belong to all databases, and cases that change them must not meet.
    results = [prove(case, number) for number, case in enumerate(cases)]
    psql("postgres", "DROP OWNED BY r1, r2; DROP ROLE r1, r2", transaction=False)
    failed = [(case, result) for case, result in zip(cases, results) if result]
    for case, result in failed:
        print(f"FAILED {case['file']}: {case['name']}\n{result}\n--- down\n{case['down']}")
    proved = sum(result == "" for result in results)
    print(f"{proved} of {len(cases)} drafts restore and can be applied again; "
          f"{sum(result is None for result in results)} have lines to be written by hand; {len(failed)} failed")
    return 1 if failed or not proved else 0


if __name__ == "__main__":
    sys.exit(main())
