#!/usr/bin/python3
"""Does the catalog's fingerprint change exactly when pg_dump's output does? Random changes of random schemas.

    CATALOG_PROBE=build/dev/tests/catalog_probe /usr/bin/python3 tests/catalog/against_pg_dump.py [--seed N] [--seconds N] [-v]

After every change pg_dump --schema-only and the snapshot are compared with those of before. Where the two are known to
see different things there is a case in KNOWN, which is tried by itself first: it must still be so. At the end of a seed
the dump is restored elsewhere, and all the statements are run on a database with other oids: both must have the same
fingerprint. Without a pg_dump as new as the server (SQLMIG_TEST_BINDIR) only the latter is compared, and that is said.
"""

import argparse
import collections
import glob
import json
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'faults'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import psycopg2  # noqa: E402
from changes import ROLES_SQL, START, Changes  # noqa: E402
from harness import Cluster  # noqa: E402

PROBE = os.environ.get('CATALOG_PROBE', 'build/dev/tests/catalog_probe')
CHANGES = 40  # a seed

# Statements before, the change, who sees it: 'ours' or 'dump'. Each is asserted as it stands here.
KNOWN = {
    'pg_dump does not say that the triggers of a foreign key are disabled':
        ('CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE b (i int REFERENCES a)', 'ALTER TABLE b DISABLE TRIGGER ALL', 'ours'),
    'pg_dump --schema-only says of every materialized view that it is not populated':
        ('CREATE MATERIALIZED VIEW m AS SELECT 1 WITH NO DATA', 'REFRESH MATERIALIZED VIEW m', 'ours'),
    'pg_dump says nothing of the version of an extension':
        ("CREATE EXTENSION hstore VERSION '1.4'", "ALTER EXTENSION hstore UPDATE TO '1.5'", 'ours'),
    'pg_dump without --create says nothing of settings of the database':
        ('', "ALTER DATABASE {database} SET work_mem = '5MB'", 'ours'),
    'pg_dump does not say that plpgsql, which every new database has, was dropped':
        ('', 'DROP EXTENSION plpgsql', 'ours'),
    'pg_dump takes the type of an identity column for that of its sequence':
        ('CREATE TABLE t (i int GENERATED ALWAYS AS IDENTITY)', 'ALTER SEQUENCE t_i_seq AS bigint', 'ours'),
    'values in user mappings are secrets, which are not read':
        ("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'a')",
         "ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (SET password 'b')", 'dump'),
    'the connection of a subscription is a secret, which is not read':
        ("CREATE SUBSCRIPTION sub CONNECTION 'host=a' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false)",
         "ALTER SUBSCRIPTION sub CONNECTION 'host=b'", 'dump'),
    'the order of storage options is not to be seen by anybody':
        ('CREATE TABLE t (i int) WITH (fillfactor = 50, parallel_workers = 2)',
         'ALTER TABLE t RESET (fillfactor); ALTER TABLE t SET (fillfactor = 50)', 'dump'),
    'the order of index options neither':
        ('CREATE TABLE t (i int); CREATE INDEX i ON t (i) WITH (fillfactor = 50, deduplicate_items = off)',
         'ALTER INDEX i RESET (fillfactor); ALTER INDEX i SET (fillfactor = 50)', 'dump'),
    'the order of grants neither':
        ('CREATE TABLE t (i int); GRANT SELECT ON t TO app, owner', 'REVOKE SELECT ON t FROM app; GRANT SELECT ON t TO app', 'dump'),
}


def newest_pg_dump():
    """(major version, path)"""
    found = [(int(re.search(r'/(\d+)/bin', path).group(1)), path) for path in glob.glob('/usr/lib/postgresql/*/bin/pg_dump')]
    return max(found, default=(0, None))


class Probe:
    def __init__(self):
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and 'error' in answer:
            raise AssertionError(answer['error'])
        return answer


class Database:
    """A database, and what the two see of it."""

    def __init__(self, world, before=''):
        self.world = world
        self.name = f'db{next(world.numbers)}'
        world.cluster.query('postgres', f'CREATE DATABASE {self.name} TEMPLATE template0{world.cluster.by_copying()}')
        self.connection = world.cluster.connect(self.name)
        if before:
            self.run(before)

    def run(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def look(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def see(self):
        """(dump, fingerprint), taken at the same time."""
        dump = None
        if self.world.pg_dump:
            dump = subprocess.Popen([self.world.pg_dump, '--schema-only', '-h', self.world.cluster.folder, '-p', str(self.world.cluster.port), '-U',
                                     'postgres', self.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        answer = self.world.probe.ask(f'read host={self.world.cluster.folder} port={self.world.cluster.port} user=postgres dbname={self.name}')
        if dump is None:
            return '', answer['fingerprint']
        text, errors = dump.communicate()
        if dump.returncode:
            raise AssertionError(errors)
        return re.sub(r'^(-- Dumped .*|\\(un)?restrict .*)\n', '', text, flags=re.M), answer['fingerprint']

    def drop(self):
        self.connection.close()
        self.world.probe.ask('forget')
        self.world.cluster.query('postgres', f'DROP DATABASE {self.name}')


class World:
    def __init__(self):
        self.cluster = Cluster(settings=('wal_level=logical', 'max_locks_per_transaction=256'))
        major, path = newest_pg_dump()
        self.pg_dump = path if major >= self.cluster.version // 10000 else None
        self.probe = Probe()
        self.numbers = iter(range(1, 1 << 30))
        self.cluster.query('postgres', ROLES_SQL)
        self.counts = collections.Counter()


def order_free(dump):
    """Without the order of what has none: grants, options in parentheses."""
    def sort_list(match):
        return match.group(1) + ', '.join(sorted(match.group(2).split(', '))) + ')'
    dump = re.sub(r"(\bWITH \()([^()]*)\)", sort_list, dump)
    return re.sub(r'(?:^(?:GRANT|REVOKE|SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION|ALTER DEFAULT PRIVILEGES) .*\n)+',
                  lambda m: ''.join(sorted(m.group(0).splitlines(True))), dump, flags=re.M)


def only_ours_sees(difference):
    """A difference that pg_dump does not show, by the reasons in KNOWN."""
    return (difference['kind'], difference['what']) in (('constraint', 'enforced'), ('materialized view', 'populated'), ('sequence', 'type'))


def lost_by_restoring(difference, heirs):
    """What a dump shows and its restoring does not bring back.

    Options of a TOAST table that outlived the last column with large values: where none is needed, none is made. A
    table that inherits gets its parents' columns first, also those that its parents had later, and their constraints
    as they are there, even if it was empty and they are valid here."""
    if difference['what'] == 'toast options':
        return difference['after'] == ''
    if difference['what'] == 'column order':
        return difference['object'] in heirs
    return difference['what'] == 'valid' and difference['object'].split(' on ')[-1] in heirs


def check_known(world):
    for reason, (before, change, who) in KNOWN.items():
        if world.pg_dump is None:
            continue
        database = Database(world, before)
        first = database.see()
        for statement in change.format(database=database.name).split('; '):
            database.run(statement)
        second = database.see()
        changed = {name for name, a, b in (('dump', first[0], second[0]), ('ours', first[1], second[1])) if a != b}
        assert changed == {who}, f'{reason}: seen by {changed or "nobody"}'
        if 'the order of' in reason:
            assert order_free(first[0]) == order_free(second[0]), reason
        if 'SUBSCRIPTION' in before:
            database.run('DROP SUBSCRIPTION sub')
        database.drop()
        world.counts['known'] += 1


class Seed:
    def __init__(self, world, number, verbose):
        self.world, self.number, self.verbose = world, number, verbose
        self.database = Database(world, START)
        # Other oids, and gaps.
        self.twin = Database(world, 'CREATE TABLE gap (a int PRIMARY KEY, b text); DROP TABLE gap; CREATE SCHEMA gap; DROP SCHEMA gap;' + START)
        self.changes = Changes(random.Random(number), self.database.look)
        self.done = []

    def run(self, changes):
        seen = self.database.see()
        for _ in range(changes):
            change = self.changes.next()
            if change is None:
                continue
            kind, sql = change
            try:
                self.database.run(sql)
            except psycopg2.Error as error:
                self.world.counts['refused'] += 1
                if self.verbose:
                    print(f'  refused: {sql}: {str(error).splitlines()[0]}')
                continue
            self.twin.run(sql)
            self.done.append(sql)
            now = self.database.see()
            self.compare(kind, seen, now)
            seen = now
        self.same(self.twin, seen[1], 'the same statements')
        self.restored(seen)
        self.database.drop()
        self.twin.drop()

    def fail(self, what, extra=()):
        statements = ';\n'.join(self.done)
        raise AssertionError(f'seed {self.number}: {what}\n' + '\n'.join(map(str, extra)) + f'\nafter:\n{statements};')

    def compare(self, kind, before, after):
        self.world.counts['changes'] += 1
        self.world.counts['kind ' + kind] += 1
        differences = self.world.probe.ask('compare')
        ours = before[1] != after[1]
        if ours != bool(differences):
            self.fail('the fingerprint and the list of differences disagree', differences)
        if ours:
            self.world.counts['different'] += 1
        if not self.world.pg_dump:
            return
        dumped = before[0] != after[0]
        if ours and not dumped and not all(only_ours_sees(d) for d in differences):
            self.fail('only the fingerprint changed', differences)
        if dumped and not ours and order_free(before[0]) != order_free(after[0]):
            self.fail('only the dump changed', changed_lines(before[0], after[0]))

    def same(self, other, fingerprint, what):
        _, theirs = other.see()
        if theirs != fingerprint:
            self.fail(f'{what} elsewhere, and not the same fingerprint', self.world.probe.ask('compare'))

    def restored(self, seen):
        if not self.world.pg_dump:
            return
        copy = Database(self.world)
        psql = subprocess.run(['psql', '-X', '-q', '-h', self.world.cluster.folder, '-p', str(self.world.cluster.port), '-U', 'postgres', '-d', copy.name],
                              input=seen[0], text=True, capture_output=True, check=True)
        self.database.see()
        _, theirs = copy.see()
        with_schema = self.world.cluster.query(self.database.name, "SET search_path = ''; SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits")
        heirs = {name for name, in with_schema}
        differences = [d for d in self.world.probe.ask('compare') if not only_ours_sees(d) and not lost_by_restoring(d, heirs)]
        if differences:
            self.fail('the restored dump has not the same fingerprint', differences + re.findall('.*ERROR.*', psql.stderr))
        self.world.counts['restored'] += 1
        copy.drop()


def changed_lines(before, after):
    a, b = before.splitlines(), after.splitlines()
    return [f'- {line}' for line in a if line not in b] + [f'+ {line}' for line in b if line not in a]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, help='only this one')
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=15)
    parser.add_argument('--keep-going', action='store_true')
    parser.add_argument('-v', action='store_true')
    options = parser.parse_args()
    world = World()
    print(f'server {world.cluster.version}, pg_dump {world.pg_dump or "is older: only twins are compared"}')
    check_known(world)
    start, number, failed = time.monotonic(), options.seed or options.first, 0
    while True:
        try:
            Seed(world, number, options.v).run(CHANGES)
        except AssertionError as error:
            failed += 1
            print(error, flush=True)
            if not options.keep_going:
                return 1
        world.counts['seeds'] += 1
        number += 1
        if options.seed or time.monotonic() - start > options.seconds:
            break
    kinds = sum(1 for name in world.counts if name.startswith('kind '))
    print(f'{world.counts["changes"]} changes of {kinds} kinds in {world.counts["seeds"]} seeds, {world.counts["different"]} of them different, '
          f'{world.counts["refused"]} refused, {world.counts["restored"]} dumps restored, {world.counts["known"]} known reasons, {failed} failed')
    return 1 if failed or not world.counts['changes'] else 0


if __name__ == '__main__':
    sys.exit(main())
