#!/usr/bin/python3
"""Every down.sql is the exact inverse of its up.sql.

Each migration of both databases, in the order of the manifest: dump, up, dump, down, dump, up, dump. The
first and the third dump must be equal, and so must the second and the fourth: schema and rows. The rows of
rows.py are put in on the way. At the end everything is undone, step by step, through the same schemas.

    PGHOST=... PGPORT=... PGUSER=... SQLMIG_BIN=... ./inverse_test.py [--with-psql] [-v]
"""

import unittest

import databases
import rows


class Inverse(unittest.TestCase):
    maxDiff = None

    def expect_equal(self, wanted, found, what):
        if not wanted.same(found):
            self.fail("\n".join([what, *wanted.difference(found)]))

    def expect_applied(self, migrator, ids):
        self.assertEqual(set(ids), migrator.applied())

    def every_pair(self, kind, sample_rows):
        migrations = databases.migrations(kind)
        unused = set(sample_rows) - {migration.slug for migration in migrations}
        self.assertEqual(set(), unused, "rows of no migration")
        with databases.scratch(f"inverse_{kind}") as database:
            migrator = databases.migrator(kind, database)
            schemas, ids = [database.dump(schema_only=True)], []
            before = database.dump()
            for migration in migrations:
                migrator.up(migration)
                after = database.dump()
                self.assertEqual(migration.has_sql, not after.same(before), f"{migration.id}: up.sql and what it changes")
                self.expect_applied(migrator, ids + [migration.id])

                migrator.down(migration)
                self.expect_equal(before, database.dump(), f"{migration.id}: down.sql is not the inverse of up.sql")
                self.expect_applied(migrator, ids)

                migrator.up(migration)
                self.expect_equal(after, database.dump(), f"{migration.id}: up.sql does something else the second time")
                ids.append(migration.id)
                self.expect_applied(migrator, ids)

                if migration.slug in sample_rows:
                    database.psql("-1", sql=sample_rows[migration.slug])
                    after = database.dump()
                before = after
                schemas.append(database.dump(schema_only=True))

            for migration in reversed(migrations):
                self.expect_equal(own_statements(schemas.pop()), own_statements(database.dump(schema_only=True)),
                                  f"{migration.id}: the schema on the way down differs from the one on the way up")
                migrator.down(migration)
            self.expect_equal(schemas.pop(), database.dump(), "something is left when all is undone")
            self.expect_applied(migrator, [])

    def test_meta(self):
        self.every_pair("meta", rows.META)

    def test_bot(self):
        self.every_pair("bot", rows.BOT)


def own_statements(schema):
    """Without the partitions that the rows brought along, which belong to no migration."""
    return schema.without("messages_2")


class Files(unittest.TestCase):
    """What needs no server."""

    def test_every_script_is_declared_and_there(self):
        for kind in ("meta", "bot"):
            wanted = {migration.directory / name for migration in databases.migrations(kind) if migration.has_sql
                      for name in ("up.sql", "down.sql")}
            found = {path for path in (databases.REPOSITORY / "sql" / kind).rglob("*") if path.is_file()}
            self.assertEqual(wanted, found)

    def test_scripts_are_plain_text(self):
        for path in (databases.REPOSITORY / "sql").rglob("*.sql"):
            content = path.read_bytes()
            self.assertTrue(content.isascii(), path)
            self.assertTrue(content.endswith(b"\n"), path)
            self.assertNotIn(b"\t", content, path)
            self.assertNotIn(b"\r", content, path)

    def test_the_graphs_have_merges_of_both_kinds_and_one_head(self):
        for kind in ("meta", "bot"):
            migrations = databases.migrations(kind)
            self.assertGreaterEqual(len(migrations), 15)
            merges = [migration for migration in migrations if len(migration.parents) > 1]
            self.assertEqual({True, False}, {merge.has_sql for merge in merges}, kind)
            parents = {parent for migration in migrations for parent in migration.parents}
            heads = [migration.id for migration in migrations if migration.id not in parents]
            self.assertEqual([migrations[-1].id], heads)


if __name__ == "__main__":
    databases.main()
