#!/usr/bin/python3
"""The application's view of databases that sqlmig migrated: async SQLAlchemy models of every table.

Rows are written and read through AsyncSession, the database refuses what it must and does by itself what its
triggers say, and Alembic's compare_metadata finds no difference between the models and the database. What
Alembic does not look at (CHECK and EXCLUDE constraints, expressions and predicates of indexes, labels of enums)
is compared with a database that the models themselves created.

    PGHOST=... PGPORT=... PGUSER=... SQLMIG_BIN=... ./models_test.py [--with-psql] [-v]
"""

import asyncio
import contextlib
import datetime
import hashlib
import ipaddress
import os
import unittest
import uuid
import warnings

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import configure_mappers, joinedload, selectinload
from sqlalchemy.orm.exc import StaleDataError

import databases
import models_bot as bot
import models_meta as meta

UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC)
DAY = datetime.timedelta(days=1)
CIPHERTEXT = bytes(range(60))
MODELS = {"meta": meta, "bot": bot}


def setUpModule():
    # Neither Alembic nor SQLAlchemy 1.4 reads indexes on expressions back; test_definitions_are_the_same does.
    warnings.filterwarnings("ignore", message=".*(expression-based index|functional index)")


def sha256(value):
    return hashlib.sha256(value.encode()).digest()


class Base(unittest.IsolatedAsyncioTestCase):
    """A migrated database for each class, a transaction of its own for each step of a test."""

    kind = None
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.database = stack.enter_context(databases.scratch(f"models_{cls.kind}"))
        databases.migrator(cls.kind, cls.database).up_all()

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it reports everything above 0.1 s
        self.engine = self.connect(self.database)

    def connect(self, database):
        engine = create_async_engine(database.url)
        self.addAsyncCleanup(engine.dispose)
        return engine

    @contextlib.asynccontextmanager
    async def session(self):
        """A session whose transaction is committed at the end. Nothing expires: objects may be read afterwards."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def run_sql(self, statement, **parameters):
        """What the first column of the result holds; nothing for a statement that has none."""
        async with self.session() as session:
            result = await session.execute(text(statement), parameters)
            return result.scalars().all() if result.returns_rows else None

    async def add(self, *objects):
        async with self.session() as session:
            session.add_all(objects)
        return objects[0]

    @contextlib.asynccontextmanager
    async def refused(self, code, name=""):
        """What the body does is refused with this SQLSTATE, by the constraint of this name or with this text."""
        with self.assertRaises(DBAPIError) as caught:
            yield
        self.assertEqual(code, caught.exception.orig.sqlstate, caught.exception)
        self.assertIn(name, str(caught.exception.orig))


UNIQUE, CHECK, EXCLUSION, FOREIGN_KEY, RESTRICTED, FORBIDDEN = "23505", "23514", "23P01", "23503", "23001", "42501"


class Comparison:
    """The models against the database; for both kinds."""

    @property
    def metadata(self):
        return MODELS[self.kind].Base.metadata

    async def differences(self, engine=None):
        def compare(connection):
            context = MigrationContext.configure(connection, opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, type_, parents: not (type_ == "table" and is_partition(name)),
            })
            return compare_metadata(context, self.metadata)

        async with (engine or self.engine).connect() as connection:
            return await connection.run_sync(compare)

    async def rows(self, query, engine=None):
        async with (engine or self.engine).connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def test_compare_metadata_finds_nothing(self):
        self.assertEqual([], await self.differences())

    async def test_compare_metadata_would_find_something(self):
        """One difference for each stray change, so the test above is worth something."""
        table, changes = {
            "meta": ("invoices", ["ALTER TABLE plans ALTER COLUMN currency SET DEFAULT 'USD'",
                                  "ALTER TABLE plans ALTER COLUMN sort_order TYPE bigint"]),
            "bot": ("messages", ["ALTER TABLE blocks ALTER COLUMN is_entry SET DEFAULT true",
                                 "ALTER TABLE blocks ALTER COLUMN title DROP NOT NULL"]),
        }[self.kind]
        changes += [f"ALTER TABLE {table} ADD COLUMN stray text",
                    f"CREATE INDEX stray_idx ON {table} (id)",
                    f"COMMENT ON TABLE {table} IS 'stray'",
                    f"COMMENT ON COLUMN {table}.id IS 'stray'",
                    "CREATE TABLE stray (id bigint)"]
        with databases.scratch("models_changed") as changed:
            databases.migrator(self.kind, changed).up_all()
            engine = self.connect(changed)
            self.assertEqual([], await self.differences(engine))
            changed.psql("-1", sql=";\n".join(changes))
            found = await self.differences(engine)
            self.assertEqual(len(changes), len(found), found)

    async def test_definitions_are_the_same(self):
        queries = {
            "constraints": """
                SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
                FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x')
                  AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid)
                ORDER BY 1, 2""",
            "indexes": """
                SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
                FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
                WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
                ORDER BY 1""",
            "enums": """
                SELECT enumtypid::regtype::text, enumlabel::text FROM pg_enum ORDER BY 1, enumsortorder""",
            "columns": """
                SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull,
                       attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid),
                       col_description(attrelid, attnum)
                FROM pg_attribute
                JOIN pg_class ON pg_class.oid = attrelid
                LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                  AND attnum > 0 AND NOT attisdropped
                ORDER BY 1, 2""",
        }
        with databases.scratch("models_created") as created:
            if self.kind == "meta":
                created.psql("-c", "CREATE EXTENSION btree_gist")
            engine = self.connect(created)
            async with engine.begin() as connection:
                await connection.run_sync(self.metadata.create_all)
            for what, query in queries.items():
                with self.subTest(what):
                    self.assertEqual(await self.rows(query, engine), await self.rows(query))

    async def test_house_rules(self):
        """What this service asks of every table."""
        self.assertEqual([], await self.rows("""
            SELECT c.oid::regclass::text || ' has no comment' FROM pg_class c
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND obj_description(oid) IS NULL
              AND relname !~ '^messages_\\d'
            UNION ALL
            SELECT t.oid::regtype::text || ' has no comment' FROM pg_type t
            WHERE typnamespace = 'public'::regnamespace AND typtype = 'e' AND obj_description(oid) IS NULL
            UNION ALL
            SELECT p.oid::regprocedure::text || ' has no comment' FROM pg_proc p
            WHERE pronamespace = 'public'::regnamespace AND obj_description(oid) IS NULL
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
            UNION ALL
            SELECT conrelid::regclass || ': no index for ' || conname FROM pg_constraint f
            WHERE contype = 'f' AND conparentid = 0 AND NOT EXISTS (
                SELECT FROM pg_index i
                WHERE indrelid = conrelid AND indkey[0] = ANY (conkey)
                  AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
                  AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) LIKE '%IS NOT NULL)'))
            UNION ALL
            SELECT attrelid::regclass || '.updated_at has no trigger' FROM pg_attribute a
            JOIN pg_class c ON c.oid = attrelid
            WHERE attname = 'updated_at' AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = attrelid AND tgfoid = 'touch_updated_at'::regproc)
            UNION ALL
            SELECT attrelid::regclass || '.' || attname || ' is ' || format_type(atttypid, atttypmod) FROM pg_attribute
            JOIN pg_class c ON c.oid = attrelid
            WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attnum > 0
              AND format_type(atttypid, NULL) IN (
                'character varying', 'character', 'timestamp without time zone', 'json', 'money')
            """))

    async def test_zz_every_model_was_used(self):
        """Runs last, by its name: the tests of this class have left a row of every model."""
        configure_mappers()
        for mapper in MODELS[self.kind].Base.registry.mappers:
            async with self.session() as session:
                row = (await session.execute(select(mapper.class_).limit(1))).scalars().first()
                self.assertIsInstance(row, mapper.class_, f"no test leaves a row in {mapper.local_table}")


def is_partition(name):
    """The partitions of messages: one a month, and the default."""
    return name.startswith("messages_")


class Meta(Comparison, Base):
    kind = "meta"

    def person(self, name, **more):
        return meta.User(email=f"{name}.{uuid.uuid4().hex}@example.org", display_name=name, **more)

    async def team(self, name="Bakery"):
        """A team with its owner."""
        return await self.add(meta.Team(name=name, members=[meta.TeamMember(role="owner", user=self.person("Ada"))]))

    async def bot(self, team, **more):
        return await self.add(meta.Bot(team_id=team.id, slug=f"bot-{uuid.uuid4().hex}", name="Bakery", **more))

    async def test_users(self):
        email = f"Ada.{uuid.uuid4().hex}@Example.org"
        ada = await self.add(meta.User(email=email, display_name="Ada"))
        self.assertEqual(("en", None), (ada.locale, ada.disabled_at))
        self.assertEqual(ada.created_at, ada.updated_at)
        async with self.refused(UNIQUE, "users_email_lower_key"):
            await self.add(meta.User(email=email.upper(), display_name="Ada again"))
        async with self.refused(CHECK, "users_email_check"):
            await self.add(meta.User(email="no address", display_name="Bob"))
        async with self.refused(CHECK, "users_locale_check"):
            await self.add(self.person("Bob", locale="english"))
        async with self.session() as session:
            found = await session.scalar(select(meta.User).where(func.lower(meta.User.email) == email.lower()))
            self.assertEqual(ada.id, found.id)

    async def test_updated_at(self):
        ada = await self.add(self.person("Ada"))
        async with self.session() as session:
            session.add(ada)
            ada.display_name = "Ada L."
            await session.flush()
            await session.refresh(ada)
        self.assertGreater(ada.updated_at, ada.created_at)

        touched = ada.updated_at
        async with self.session() as session:
            await session.execute(text("SET LOCAL botconstructor.keep_updated_at = 'on'"))
            await session.execute(update(meta.User).where(meta.User.id == ada.id).values(locale="lv"))
        async with self.session() as session:
            found = await session.get(meta.User, ada.id)
            self.assertEqual(("lv", touched), (found.locale, found.updated_at), "a backfill does not touch")

    async def test_teams(self):
        zoe = self.person("Zoe")
        team = await self.team("Ada's Bakery & Co.")
        await self.add(meta.TeamMember(team_id=team.id, user=zoe))
        async with self.session() as session:
            members = selectinload(meta.Team.members).joinedload(meta.TeamMember.user)
            found = await session.get(meta.Team, team.id, options=[members])
            self.assertEqual({("Ada", "owner"), ("Zoe", "editor")},
                             {(member.user.display_name, member.role) for member in found.members})
        async with self.refused(UNIQUE, "team_members_one_owner_key"):
            await self.add(meta.TeamMember(team_id=team.id, user=self.person("Bob"), role="owner"))
        async with self.refused("22P02", "team_role"):
            await self.run_sql("UPDATE team_members SET role = CAST(:role AS text)::team_role", role="boss")

        # A person who goes leaves the team; the team stays.
        async with self.session() as session:
            await session.execute(delete(meta.User).where(meta.User.id == zoe.id))
        async with self.session() as session:
            count = select(func.count()).where(meta.TeamMember.team_id == team.id)
            self.assertEqual(1, await session.scalar(count))

    async def test_team_slugs(self):
        one, two = await self.team("Ada's Bakery & Co."), await self.team("Ada's Bakery & Co.")
        self.assertEqual(f"ada-s-bakery-co-{str(one.id)[-12:]}", one.slug)
        self.assertNotEqual(one.slug, two.slug)
        self.assertEqual("mine", (await self.add(meta.Team(name="Mine", slug="mine"))).slug)
        for name in ("\u041f\u0435\u043a\u0430\u0440\u043d\u044f", "---", "x" * 200, "a" * 39 + " b"):
            team = await self.add(meta.Team(name=name))
            self.assertRegex(team.slug, "^[a-z0-9-]+-[0-9a-f]{12}$", name)
        async with self.refused(UNIQUE, "teams_slug_key"):
            await self.add(meta.Team(name="Mine too", slug="mine"))
        async with self.refused(CHECK, "teams_slug_check"):
            await self.add(meta.Team(name="Mine too", slug="Not A Slug"))

    async def test_bots(self):
        team = await self.team()
        one = await self.bot(team, telegram_username=f"Bakery{uuid.uuid4().hex[:8]}Bot")
        self.assertEqual("draft", one.state)
        async with self.refused(UNIQUE, "bots_telegram_username_lower_key"):
            await self.bot(team, telegram_username=one.telegram_username.lower())
        async with self.refused(CHECK, "bots_active_is_connected_check"):
            await self.bot(team, state="active")
        async with self.refused(CHECK, "bots_slug_check"):
            await self.add(meta.Bot(team_id=team.id, slug="Bad Slug", name="Bad"))
        # RESTRICT has its own SQLSTATE since PostgreSQL 18.
        with self.assertRaisesRegex(IntegrityError, "bots_team_id_fkey"):
            async with self.session() as session:
                await session.execute(delete(meta.Team).where(meta.Team.id == team.id))

    async def test_bot_tokens(self):
        key = await self.add(meta.EncryptionKey(id=f"key-{uuid.uuid4().hex}"))
        one = await self.bot(await self.team())
        token = "7001:" + uuid.uuid4().hex

        def made(**more):
            return meta.BotToken(bot_id=one.id, key_id=key.id, ciphertext=CIPHERTEXT, **more)

        first = await self.add(made(token_hash=sha256(token)))
        async with self.refused(UNIQUE, "bot_tokens_one_live_key"):
            await self.add(made(token_hash=sha256("another")))
        async with self.refused(CHECK, "bot_tokens_token_hash_check"):
            await self.add(made(token_hash=token.encode()))
        async with self.session() as session:
            session.add(first)
            first.revoked_at = datetime.datetime.now(UTC) + DAY
        async with self.refused(UNIQUE, "bot_tokens_token_hash_key"):
            await self.add(made(token_hash=sha256(token)))
        await self.add(made(token_hash=sha256(token + "2")))

        async with self.session() as session:
            query = select(meta.BotToken).where(meta.BotToken.token_hash == sha256(token))
            found = await session.scalar(query.options(joinedload(meta.BotToken.bot), joinedload(meta.BotToken.key)))
            self.assertEqual((one.slug, key.id, CIPHERTEXT), (found.bot.slug, found.key.id, found.ciphertext))
            self.assertEqual("aes-256-gcm", found.key.algorithm)

    async def test_fleet_query(self):
        """The query of migrations.yaml leads to a real database, canaries first."""
        team = await self.team()
        host, port = os.environ["PGHOST"], int(os.environ["PGPORT"])
        async with self.session() as session:
            server = meta.DatabaseServer(host=host, port=port, ssl_mode="prefer")
            for slug, state, is_canary, bot_state in (
                    ("fleet-a", "ready", False, "draft"), ("fleet-b", "ready", True, "draft"),
                    ("fleet-c", "requested", False, "draft"), ("fleet-d", "ready", False, "archived")):
                session.add(meta.Bot(team_id=team.id, slug=slug, name=slug, state=bot_state, database=meta.BotDatabase(
                    server=server, database_name=slug.replace("-", "_"), role_name=os.environ["PGUSER"], state=state,
                    is_canary=is_canary)))
            real = await session.scalar(select(meta.BotDatabase).join(meta.Bot).where(meta.Bot.slug == "fleet-b"))
            real.database_name = self.database.name
        members = await self.rows(databases.fleet_query())
        self.assertEqual(["fleet-b", "fleet-a"], [name for name, _ in members])
        url = dict(members)["fleet-b"]
        user, name = os.environ["PGUSER"], self.database.name
        self.assertEqual(f"postgresql://{user}@/{name}?host={host}&port={port}&sslmode=prefer", url)
        self.assertEqual(self.database.name, databases.Database(url).psql("-c", "SELECT current_database()").strip())

        async with self.session() as session:
            fleet = await session.execute(select(meta.bot_fleet.c.name, meta.bot_fleet.c.is_canary))
            self.assertEqual({("fleet-a", False), ("fleet-b", True)}, {tuple(row) for row in fleet})
        async with self.refused(CHECK, "bot_databases_database_name_check"):
            await self.run_sql("UPDATE bot_databases SET database_name = 'x?host=evil'")

    async def test_plans(self):
        async with self.session() as session:
            plans = (await session.execute(select(meta.Plan).order_by(meta.Plan.sort_order))).scalars().all()
            self.assertEqual([("free", 0, 1), ("pro", 1900, 10), ("business", 9900, None)],
                             [(plan.code, plan.price_cents, plan.max_bots) for plan in plans])
            with_api = select(meta.Plan.code).where(meta.Plan.features.contains({"api": True}))
            self.assertEqual(["business"], (await session.execute(with_api)).scalars().all())
        await self.add(meta.Plan(code="partner", title="Partner", price_cents=0, is_public=False, sort_order=99))
        async with self.refused(CHECK, "plans_price_cents_check"):
            await self.run_sql("UPDATE plans SET price_cents = -1")

    async def test_subscriptions(self):
        team = await self.team()
        half = datetime.timedelta(days=15)

        def paid(since, until, **more):
            return meta.Subscription(team_id=team.id, period=asyncpg.Range(since, until), **more)

        one = await self.add(paid(NOW - DAY, NOW + 29 * DAY, plan_code="pro", status="active"))
        async with self.refused(EXCLUSION, "subscriptions_one_at_a_time_excl"):
            await self.add(paid(NOW + half, NOW + 60 * DAY, plan_code="business"))
        async with self.refused(EXCLUSION, "subscriptions_one_at_a_time_excl"):
            await self.add(paid(NOW, None, plan_code="free"))
        async with self.refused(CHECK, "subscriptions_period_check"):
            await self.add(paid(NOW, NOW, plan_code="pro"))
        async with self.refused(FOREIGN_KEY, "subscriptions_plan_code_fkey"):
            await self.add(paid(NOW + 90 * DAY, None, plan_code="gold"))
        # The next period may begin where this one ends, and a canceled one does not count.
        await self.add(paid(NOW + 29 * DAY, NOW + 59 * DAY, plan_code="pro"),
                       paid(NOW, NOW + half, plan_code="business", status="canceled"))

        async with self.session() as session:
            current = select(meta.Subscription).where(
                meta.Subscription.team_id == team.id, meta.Subscription.status != "canceled",
                meta.Subscription.period.contains(func.now())).options(joinedload(meta.Subscription.plan))
            found = await session.scalar(current)
            self.assertEqual((one.id, "Pro", NOW - DAY), (found.id, found.plan.title, found.period.lower))

    async def test_invoices(self):
        team = await self.team()
        bought = meta.Subscription(team_id=team.id, plan_code="pro", period=asyncpg.Range(NOW, NOW + 30 * DAY))
        number = uuid.uuid4().hex

        def invoice(**more):
            return meta.Invoice(**{"subscription": bought, "number": number, "amount_cents": 1900, "currency": "EUR",
                                   "due_at": NOW + 14 * DAY, **more})

        await self.add(invoice())
        async with self.refused(UNIQUE, "invoices_number_key"):
            await self.add(meta.Invoice(subscription_id=bought.id, number=number, amount_cents=1, currency="EUR",
                                        due_at=NOW + 14 * DAY))
        async with self.refused(CHECK, "invoices_paid_at_check"):
            await self.run_sql("UPDATE invoices SET status = 'paid' WHERE number = :number", number=number)
        async with self.session() as session:
            found = await session.scalar(select(meta.Subscription).where(meta.Subscription.id == bought.id)
                                         .options(selectinload(meta.Subscription.invoices)))
            self.assertEqual([("open", 1900)], [(row.status, row.amount_cents) for row in found.invoices])

    async def test_templates(self):
        author = await self.add(self.person("Ada"))
        template = await self.add(meta.Template(
            slug="feedback-form", title="Feedback form", summary="Asks politely", category="forms", visibility="public",
            created_by=author.id,
            versions=[meta.TemplateVersion(version=1, graph={"blocks": []}, published_at=NOW, published_by=author.id),
                      meta.TemplateVersion(version=2, graph={"blocks": [{"kind": "message"}]})]))
        async with self.refused(CHECK, "templates_owner_check"):
            await self.add(meta.Template(slug="nobodys", title="Nobody's", category="forms"))

        async with self.session() as session:
            words = func.plainto_tsquery(text("'simple'"), "politely feedback")
            found = await session.scalar(select(meta.Template).where(meta.Template.search.op("@@")(words))
                                         .options(selectinload(meta.Template.versions)))
            self.assertEqual((template.id, [1, 2]), (found.id, [version.version for version in found.versions]))

        published, draft = template.versions
        async with self.refused(RESTRICTED, "is published"):
            await self.run_sql("UPDATE template_versions SET graph = '{}' WHERE id = :id", id=published.id)
        await self.run_sql("UPDATE template_versions SET graph = '{}' WHERE id = :id", id=draft.id)
        async with self.refused(UNIQUE, "template_versions_template_id_version_key"):
            await self.add(meta.TemplateVersion(template_id=template.id, version=2, graph={}))
        # Version 13 calls it a syntax error.
        [version] = await self.run_sql("SELECT current_setting('server_version_num')::int")
        generated = "428C9" if version >= 140000 else "42601"
        async with self.refused(generated, 'column "search" can only be updated to DEFAULT'):
            await self.run_sql("UPDATE templates SET search = ''")

        # The author goes: what they published stays, and the trigger lets that happen.
        made = await self.bot(await self.team(), template_version_id=published.id)
        async with self.session() as session:
            await session.execute(delete(meta.User).where(meta.User.id == author.id))
        async with self.session() as session:
            version = joinedload(meta.Bot.template_version).joinedload(meta.TemplateVersion.template)
            found = await session.get(meta.Bot, made.id, options=[version])
            version = found.template_version
            self.assertEqual((None, None), (version.published_by, version.template.created_by))

    async def test_api_keys_are_audited(self):
        team = await self.team()
        ada = await self.add(self.person("Ada"))
        key = meta.ApiKey(team_id=team.id, created_by=ada.id, name="CRM", prefix=f"bck_{uuid.uuid4().hex[:8]}",
                          key_hash=sha256(uuid.uuid4().hex), scopes=["bots.read", "messages.send"])
        async with self.session() as session:
            await session.execute(text("SELECT set_config('botconstructor.actor_id', :id, true)"), {"id": str(ada.id)})
            session.add(key)
        async with self.session() as session:
            session.add(key)
            key.last_used_at = NOW
        async with self.session() as session:
            session.add(key)
            key.revoked_at = NOW + DAY
        async with self.refused(CHECK, "api_keys_scopes_check"):
            await self.run_sql("UPDATE api_keys SET scopes = '{root}'")
        async with self.refused(CHECK, "api_keys_scopes_check"):
            await self.run_sql("UPDATE api_keys SET scopes = '{}'")
        async with self.session() as session:
            query = select(meta.ApiKey).where(
                meta.ApiKey.key_hash == key.key_hash, meta.ApiKey.scopes.contains(["bots.read"]))
            found = await session.scalar(query.options(joinedload(meta.ApiKey.team)))
            self.assertEqual(team.id, found.team.id)
        await self.run_sql("DELETE FROM api_keys WHERE id = :id", id=key.id)

        async with self.session() as session:
            entries = (await session.execute(select(meta.AuditEntry).where(
                meta.AuditEntry.object_id == str(key.id)).order_by(meta.AuditEntry.id))).scalars().all()
        self.assertEqual(
            [("user", ada.id, "api_key.create"), ("system", None, "api_key.revoke"),
             ("system", None, "api_key.delete")],
            [(entry.actor, entry.actor_id, entry.action) for entry in entries])
        self.assertEqual({"name", "prefix", "scopes"}, set(entries[0].details), "and never the hash")
        # One stays for test_zz_every_model_was_used.
        await self.add(meta.ApiKey(team_id=team.id, name="CRM", prefix=f"bck_{uuid.uuid4().hex[:8]}",
                                   key_hash=sha256(uuid.uuid4().hex), scopes=["bots.write"]))

    async def test_audit_log_is_append_only(self):
        entry = await self.add(meta.AuditEntry(
            actor="user", actor_id=uuid.uuid4(), action="bot.publish", object_kind="bot", object_id="bakery",
            remote_ip=str(ipaddress.ip_address("2001:db8::1")), details={"version": 3}))
        for statement in ("UPDATE audit_log SET action = 'bot.draft'", "DELETE FROM audit_log WHERE false",
                          "TRUNCATE audit_log"):
            async with self.refused(FORBIDDEN, "append-only"):
                await self.run_sql(statement)
        async with self.refused(CHECK, "audit_log_actor_id_check"):
            await self.add(meta.AuditEntry(actor="user", action="bot.publish", object_kind="bot", object_id="bakery"))
        async with self.session() as session:
            found = await session.scalar(select(meta.AuditEntry).where(
                meta.AuditEntry.details["version"].as_integer() == 3, meta.AuditEntry.object_id == "bakery"))
            self.assertEqual((entry.id, "2001:db8::1"), (found.id, str(found.remote_ip)))

    async def test_team_overview(self):
        paying, free = await self.team("Paying"), await self.team("Free")
        await self.bot(paying, state="active", telegram_bot_id=7001)
        await self.bot(paying, state="archived")
        await self.add(meta.Subscription(team_id=paying.id, plan_code="pro", status="active",
                                         period=asyncpg.Range(NOW - DAY, NOW + DAY)))
        view = meta.team_overview.c
        async with self.session() as session:
            columns = (view.name, view.plan_code, view.subscription_status, view.paid_until, view.members, view.bots,
                       view.active_bots)
            ours = select(*columns).where(view.id.in_([paying.id, free.id]))
            rows = await session.execute(ours.order_by(view.name))
            self.assertEqual([("Free", "free", None, None, 1, 0, 0), ("Paying", "pro", "active", NOW + DAY, 1, 1, 1)],
                             [tuple(row) for row in rows])


class Bot(Comparison, Base):
    kind = "bot"

    async def subscriber(self, **more):
        return await self.add(bot.Subscriber(telegram_user_id=uuid.uuid4().int % 2**52 + 1, **more))

    async def flow(self):
        """A draft of two blocks and an arrow."""
        flow = await self.add(bot.Flow(name=f"Welcome {uuid.uuid4().hex}", trigger={"command": "start"}, versions=[
            bot.FlowVersion(version=1, blocks=[
                bot.Block(kind="message", title="Hello", config={"text": "Hello, {{name}}"}, is_entry=True),
                bot.Block(kind="http_request", title="Weather", config={"url": "https://example.org"})])]))
        [version] = flow.versions
        hello, weather = version.blocks
        await self.add(bot.Transition(flow_version_id=version.id, from_block_id=hello.id, to_block_id=weather.id,
                                      condition={"city": "Riga"}))
        return flow, version, hello, weather

    async def publish(self, version):
        async with self.session() as session:
            session.add(version)
            version.state, version.published_at = "published", NOW

    async def test_subscribers(self):
        full = await self.subscriber(first_name="Bob", last_name="Baker", username="bob", tags=["vip", "news"])
        shy = await self.subscriber(username="quiet")
        nameless = await self.subscriber()
        own = await self.subscriber(first_name="Bob", display_name="The baker")
        self.assertEqual(["Bob Baker", "@quiet", str(nameless.telegram_user_id), "The baker"],
                         [one.display_name for one in (full, shy, nameless, own)])
        async with self.refused(UNIQUE, "subscribers_telegram_user_id_key"):
            await self.add(bot.Subscriber(telegram_user_id=full.telegram_user_id))
        async with self.refused(CHECK, "subscribers_display_name_check"):
            await self.subscriber(display_name=" ")
        async with self.refused(CHECK, "subscribers_tags_check"):
            await self.subscriber(tags=[str(number) for number in range(51)])
        async with self.session() as session:
            tagged = select(bot.Subscriber.id).where(bot.Subscriber.tags.contains(["vip", "news"]))
            self.assertEqual([full.id], (await session.execute(tagged)).scalars().all())

    async def test_updated_at(self):
        one = await self.subscriber()
        await self.run_sql("UPDATE subscribers SET state = 'blocked' WHERE id = :id", id=one.id)
        async with self.session() as session:
            found = await session.get(bot.Subscriber, one.id)
            self.assertEqual("blocked", found.state)
            self.assertGreater(found.updated_at, one.updated_at)

    async def test_flows(self):
        flow, version, hello, weather = await self.flow()
        async with self.refused(UNIQUE, "flows_name_lower_key"):
            await self.add(bot.Flow(name=flow.name.upper()))
        async with self.refused(UNIQUE, "flow_versions_one_draft_key"):
            await self.add(bot.FlowVersion(flow_id=flow.id, version=2))
        async with self.refused(UNIQUE, "blocks_one_entry_key"):
            await self.add(bot.Block(flow_version_id=version.id, is_entry=True))
        _, _, elsewhere, _ = await self.flow()
        async with self.refused(FOREIGN_KEY, "transitions_to_block_fkey"):
            await self.add(bot.Transition(
                flow_version_id=version.id, from_block_id=hello.id, to_block_id=elsewhere.id, sort_order=1))

        await self.publish(version)
        await self.add(bot.FlowVersion(flow_id=flow.id, version=2))
        for statement in ("UPDATE blocks SET x = 1 WHERE id = :block",
                          "DELETE FROM blocks WHERE id = :block",
                          "INSERT INTO blocks (flow_version_id) SELECT flow_version_id FROM blocks WHERE id = :block",
                          "UPDATE transitions SET label = 'x' WHERE from_block_id = :block"):
            async with self.refused(RESTRICTED, "is published"):
                await self.run_sql(statement, block=hello.id)
        async with self.refused(RESTRICTED, "is published"):
            await self.run_sql("UPDATE blocks SET flow_version_id = :goal, is_entry = false WHERE id = :block",
                               goal=version.id, block=elsewhere.id)

        async with self.session() as session:
            blocks = selectinload(bot.Flow.versions).selectinload(bot.FlowVersion.blocks)
            found = await session.get(bot.Flow, flow.id, options=[blocks.selectinload(bot.Block.transitions)])
            self.assertEqual([(1, "published"), (2, "draft")], [(row.version, row.state) for row in found.versions])
            [entry] = [block for block in found.versions[0].blocks if block.is_entry]
            self.assertEqual([(weather.id, {"city": "Riga"})],
                             [(arrow.to_block_id, arrow.condition) for arrow in entry.transitions])
            calls = select(bot.Block.id).where(
                bot.Block.config.contains({"url": "https://example.org"}), bot.Block.flow_version_id == version.id)
            self.assertEqual([weather.id], (await session.execute(calls)).scalars().all())

        # A whole flow can go, published or not.
        await self.run_sql("DELETE FROM flows WHERE id = :id", id=flow.id)
        self.assertEqual([], await self.run_sql("SELECT id FROM blocks WHERE flow_version_id = :id", id=version.id))

    async def test_arrows_can_be_swapped(self):
        _, version, hello, weather = await self.flow()
        second = await self.add(bot.Transition(
            flow_version_id=version.id, from_block_id=hello.id, to_block_id=hello.id, sort_order=1))
        await self.run_sql(
            "UPDATE transitions SET sort_order = 1 - sort_order WHERE from_block_id = :id", id=hello.id)
        async with self.session() as session:
            self.assertEqual(0, (await session.get(bot.Transition, second.id)).sort_order)
        async with self.refused(UNIQUE, "transitions_from_block_id_sort_order_key"):
            await self.run_sql("UPDATE transitions SET sort_order = 0 WHERE from_block_id = :id", id=hello.id)

    async def test_variables(self):
        name = "v" + uuid.uuid4().hex
        one = await self.subscriber()
        city = await self.add(bot.Variable(name=name, scope="subscriber", default_value="Riga"))
        await self.add(bot.SubscriberVariable(subscriber_id=one.id, variable_id=city.id, value={"city": "Oslo"}))
        async with self.refused(UNIQUE, "variables_name_key"):
            await self.add(bot.Variable(name=name, scope="bot"))
        async with self.refused(CHECK, "variables_name_check"):
            await self.add(bot.Variable(name="Not a name", scope="bot"))
        async with self.session() as session:
            values = selectinload(bot.Subscriber.variables).joinedload(bot.SubscriberVariable.variable)
            found = await session.get(bot.Subscriber, one.id, options=[values])
            [row] = found.variables
            self.assertEqual((name, "text", "Riga", {"city": "Oslo"}),
                             (row.variable.name, row.variable.type, row.variable.default_value, row.value))

    async def test_dialog_states(self):
        one = await self.subscriber(first_name="Bob")
        flow, version, hello, weather = await self.flow()
        await self.publish(version)
        state = await self.add(bot.DialogState(subscriber_id=one.id, flow_version_id=version.id, block_id=hello.id,
                                               data={"city": "Riga", "answers": [1, 2]}, wake_at=NOW))
        self.assertEqual(1, state.revision)
        async with self.refused(UNIQUE, "dialog_states_pkey"):
            await self.add(bot.DialogState(subscriber_id=one.id, flow_version_id=version.id, block_id=weather.id))
        async with self.refused(CHECK, "dialog_states_data_check"):
            await self.run_sql("UPDATE dialog_states SET data = '[]'")

        # Two writers have read the same revision; the second one is told.
        async with AsyncSession(self.engine) as early, AsyncSession(self.engine) as late:
            first, second = await early.get(bot.DialogState, one.id), await late.get(bot.DialogState, one.id)
            first.block_id, second.block_id = weather.id, weather.id
            second.data = {"city": "Oslo"}
            await early.commit()
            with self.assertRaises(StaleDataError):
                await late.commit()

        async with self.session() as session:
            query = select(bot.DialogState).where(bot.DialogState.data.contains({"city": "Riga"}))
            found = await session.scalar(query.options(
                joinedload(bot.DialogState.subscriber), joinedload(bot.DialogState.block)))
            self.assertEqual(("Bob", "Weather"), (found.subscriber.display_name, found.block.title))
            self.assertEqual((2, [1, 2]), (found.revision, found.data["answers"]))
            self.assertGreater(found.updated_at, state.updated_at)

            view = bot.active_dialogs.c
            rows = await session.execute(select(
                view.display_name, view.flow_name, view.flow_version, view.block_kind, view.waits_for_server,
                view.wake_at).where(view.subscriber_id == one.id))
            self.assertEqual([("Bob", flow.name, 1, "http_request", True, NOW)], [tuple(row) for row in rows])

    async def partition_of(self, message):
        [name] = await self.run_sql("SELECT tableoid::regclass::text FROM messages WHERE id = :id", id=message.id)
        return name

    async def test_messages(self):
        """Rows go to the partition of their month, in UTC; those that came too early follow later."""
        one = await self.subscriber()

        def message(sent_at, body):
            return bot.Message(subscriber_id=one.id, direction="incoming", sent_at=sent_at, body=body)

        self.assertEqual(["messages_2031_05"], await self.run_sql("SELECT create_messages_partition('2031-05-20')"))
        self.assertEqual(["messages_2031_05"], await self.run_sql("SELECT create_messages_partition('2031-05-01')"))
        last = await self.add(message(datetime.datetime(2031, 5, 31, 23, 59, 59, 999999, UTC), "last of May"))
        first = await self.add(message(datetime.datetime(2031, 6, 1, tzinfo=UTC), "first of June"))
        self.assertEqual("messages_2031_05", await self.partition_of(last))
        self.assertEqual("messages_default", await self.partition_of(first))

        async with self.session() as session:
            await session.execute(text("SET LOCAL TimeZone = 'Pacific/Auckland'"))
            await session.execute(text("SELECT create_messages_partition('2031-06-30')"))
        self.assertEqual("messages_2031_06", await self.partition_of(first))
        self.assertEqual([], await self.run_sql(
            "SELECT id FROM messages_default WHERE sent_at >= '2031-05-01' AND sent_at < '2031-07-01'"))

        now = await self.add(bot.Message(
            subscriber_id=one.id, direction="outgoing", kind="photo", payload={"file": {"id": "abc"}}))
        async with self.refused(CHECK, "messages_body_check"):
            await self.add(bot.Message(subscriber_id=one.id, direction="outgoing"))
        async with self.session() as session:
            found = await session.get(bot.Subscriber, one.id, options=[selectinload(bot.Subscriber.messages)])
            self.assertEqual([now.id, last.id, first.id], [row.id for row in found.messages])
            file = bot.Message.payload["file"]["id"].as_string() == "abc"
            self.assertEqual(now.id, await session.scalar(select(bot.Message.id).where(file)))
        self.assertEqual([], await self.differences(), "partitions are no difference")

        self.assertEqual([1], await self.run_sql("SELECT drop_messages_partitions('2031-06-15')"))
        async with self.session() as session:
            left = await session.execute(select(bot.Message.body).where(bot.Message.subscriber_id == one.id))
            self.assertEqual({None, "first of June"}, set(left.scalars()))
        self.assertEqual([1], await self.run_sql("SELECT drop_messages_partitions('2031-07-01')"))
        self.assertEqual([0], await self.run_sql("SELECT drop_messages_partitions('2031-07-01')"))

    async def test_broadcasts(self):
        one = await self.subscriber()
        photo = bot.Media(kind="photo", storage_key=uuid.uuid4().hex, sha256=sha256(uuid.uuid4().hex),
                          mime_type="image/jpeg", size_bytes=1234)
        sale = await self.add(bot.Broadcast(title="Sale", body="Half price", audience={"tags": ["vip"]}, media=photo,
                                            deliveries=[bot.BroadcastDelivery(subscriber_id=one.id)]))
        self.assertEqual(("draft", []), (sale.state, sale.buttons))
        async with self.refused(CHECK, "broadcasts_scheduled_at_check"):
            await self.run_sql("UPDATE broadcasts SET state = 'scheduled'")
        async with self.refused(CHECK, "broadcasts_caption_check"):
            await self.run_sql("UPDATE broadcasts SET body = repeat('x', 1025) WHERE id = :id", id=sale.id)
        async with self.refused(CHECK, "broadcast_deliveries_delivered_at_check"):
            await self.run_sql("UPDATE broadcast_deliveries SET state = 'delivered'")
        with self.assertRaisesRegex(IntegrityError, "broadcasts_media_id_fkey"):
            await self.run_sql("DELETE FROM media WHERE id = :id", id=photo.id)

        async with self.session() as session:
            queue = select(bot.BroadcastDelivery).where(
                bot.BroadcastDelivery.state == "pending", bot.BroadcastDelivery.next_attempt_at <= func.now(),
                bot.BroadcastDelivery.subscriber_id == one.id).with_for_update(skip_locked=True)
            job = await session.scalar(queue)
            async with self.session() as other:
                self.assertIsNone(await other.scalar(queue), "a job is taken once")
            job.state, job.delivered_at, job.attempts = "delivered", func.now(), bot.BroadcastDelivery.attempts + 1
        async with self.session() as session:
            found = await session.get(bot.Broadcast, sale.id, options=[
                selectinload(bot.Broadcast.deliveries), joinedload(bot.Broadcast.media)])
            self.assertEqual([("delivered", 1)], [(row.state, row.attempts) for row in found.deliveries])
            self.assertEqual(photo.storage_key, found.media.storage_key)

    async def test_media(self):
        _, _, hello, _ = await self.flow()
        digest = sha256(uuid.uuid4().hex)

        def file(**more):
            return bot.Media(**{"kind": "photo", "storage_key": uuid.uuid4().hex, "sha256": digest,
                                "mime_type": "image/png", "size_bytes": 1, **more})

        await self.add(bot.BlockMedia(block_id=hello.id, media=file(), position=0), bot.BlockMedia(
            block_id=hello.id, media=file(kind="document"), position=1))
        async with self.refused(UNIQUE, "media_sha256_kind_key"):
            await self.add(file())
        async with self.refused(CHECK, "media_size_bytes_check"):
            await self.add(file(kind="sticker", size_bytes=0))
        async with self.refused(CHECK, "block_media_position_check"):
            await self.add(bot.BlockMedia(block_id=hello.id, media=file(kind="video"), position=10))
        await self.run_sql("UPDATE block_media SET position = 1 - position WHERE block_id = :id", id=hello.id)
        async with self.session() as session:
            album = selectinload(bot.Block.media).joinedload(bot.BlockMedia.media)
            found = await session.get(bot.Block, hello.id, options=[album])
            self.assertEqual(["document", "photo"], [row.media.kind for row in found.media])

    async def test_webhooks(self):
        listener = await asyncpg.connect(
            host=os.environ["PGHOST"], port=int(os.environ["PGPORT"]), user=os.environ["PGUSER"],
            database=self.database.name)
        woken = asyncio.Event()
        await listener.add_listener("webhook_deliveries", lambda *_: woken.set())

        endpoint = await self.add(bot.WebhookEndpoint(
            url=f"https://example.org/{uuid.uuid4().hex}", event_kinds=["message.received"], key_id="2026-09",
            secret_ciphertext=CIPHERTEXT))
        delivery = await self.add(bot.WebhookDelivery(
            endpoint_id=endpoint.id, event_kind="message.received", payload={"text": "Hi"}))
        await asyncio.wait_for(woken.wait(), 10)
        await listener.close()

        async with self.refused(UNIQUE, "webhook_deliveries_endpoint_id_event_id_key"):
            await self.add(bot.WebhookDelivery(
                endpoint_id=endpoint.id, event_id=delivery.event_id, event_kind="message.received", payload={}))
        async with self.refused(CHECK, "webhook_endpoints_url_check"):
            await self.run_sql("UPDATE webhook_endpoints SET url = 'http://example.org'")
        async with self.refused(CHECK, "webhook_endpoints_event_kinds_check"):
            await self.run_sql("UPDATE webhook_endpoints SET event_kinds = '{everything}'")
        async with self.session() as session:
            queue = select(bot.WebhookDelivery).where(bot.WebhookDelivery.state == "pending").order_by(
                bot.WebhookDelivery.next_attempt_at, bot.WebhookDelivery.id)
            found = await session.scalar(queue.options(joinedload(bot.WebhookDelivery.endpoint)))
            self.assertEqual((endpoint.url, {"text": "Hi"}, 0), (found.endpoint.url, found.payload, found.attempts))

    async def test_daily_statistics(self):
        day = datetime.date(2032, 2, 29)
        noon = datetime.datetime(2032, 2, 29, 12, tzinfo=UTC)
        one = await self.subscriber(first_seen_at=noon, last_seen_at=noon)
        two = await self.subscriber()
        midnight = noon + DAY / 2
        for who, direction, at in ((one, "incoming", noon), (one, "incoming", noon), (one, "outgoing", noon),
                                   (two, "incoming", midnight)):
            await self.add(bot.Message(subscriber_id=who.id, direction=direction, sent_at=at, body="x"))
        for _ in range(2):
            async with self.session() as session:
                await session.execute(select(func.refresh_daily_statistics(day)))
        async with self.session() as session:
            found = await session.get(bot.DailyStatistics, day)
            self.assertEqual((1, 1, 2, 1), (found.new_subscribers, found.active_subscribers, found.messages_incoming,
                                            found.messages_outgoing))

        flow, *_ = await self.flow()
        await self.add(bot.DailyFlowStatistics(day=day, flow_id=flow.id, started=2))
        async with self.refused(CHECK, "daily_flow_statistics_counts_check"):
            await self.run_sql("UPDATE daily_flow_statistics SET finished = -1")


if __name__ == "__main__":
    databases.main()
