"""SQLAlchemy models of the metadata database, as the Bot Constructor declares them."""

from sqlalchemy import (
    BigInteger, Boolean, CheckConstraint, Column, Computed, Enum, FetchedValue, ForeignKey, Identity, Index,
    Integer, LargeBinary, Text, UniqueConstraint, column, table, text)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TSTZRANGE, TSVECTOR, ExcludeConstraint
from sqlalchemy.orm import relationship

from models_common import NOW, RANDOM_UUID, Timestamp, Uuid, declarative_base

Base = declarative_base()

SEARCH = (
    """setweight(to_tsvector('simple'::regconfig, title), 'A'::"char") """
    """|| setweight(to_tsvector('simple'::regconfig, summary), 'B'::"char")""")

TeamRole = Enum("owner", "admin", "editor", "viewer", name="team_role")
BotState = Enum("draft", "active", "paused", "archived", name="bot_state")
BotDatabaseState = Enum("requested", "ready", "retired", name="bot_database_state")
SubscriptionStatus = Enum("trialing", "active", "past_due", "canceled", name="subscription_status")
InvoiceStatus = Enum("open", "paid", "void", name="invoice_status")
TemplateVisibility = Enum("team", "unlisted", "public", name="template_visibility")
AuditActor = Enum("user", "api_key", "system", name="audit_actor")


class User(Base):
    __tablename__ = "users"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    email = Column(Text, nullable=False, comment="As typed; unique without regard to case.")
    display_name = Column(Text, nullable=False)
    telegram_user_id = Column(BigInteger, unique=True, comment="Set once the person has linked a Telegram account.")
    locale = Column(
        Text, nullable=False, server_default="en",
        comment="Language of the editor and of e-mails, such as en or pt-BR.")
    disabled_at = Column(Timestamp, comment="Signing in is refused since then. Rows are kept, others refer to them.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    memberships = relationship(
        "TeamMember", foreign_keys="TeamMember.user_id", back_populates="user", passive_deletes=True)

    __table_args__ = (
        CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 320", name="email"),
        CheckConstraint("btrim(display_name) <> '' AND length(display_name) <= 200", name="display_name"),
        CheckConstraint("telegram_user_id > 0", name="telegram_user_id"),
        CheckConstraint("locale ~ '^[a-z]{2}(-[A-Z]{2})?$'", name="locale"),
        Index("users_email_lower_key", text("lower(email)"), unique=True),
        {"comment": "People who sign in to the constructor."},
    )


class Team(Base):
    __tablename__ = "teams"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    name = Column(Text, nullable=False)
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    # Filled by a trigger when it is not given.
    slug = Column(
        Text, nullable=False, server_default=FetchedValue(),
        comment="Short name in the URLs of the team. Made from the name; people may change it.")

    members = relationship("TeamMember", back_populates="team", passive_deletes=True)
    bots = relationship("Bot", back_populates="team", passive_deletes="all")
    subscriptions = relationship("Subscription", back_populates="team", passive_deletes="all")
    api_keys = relationship("ApiKey", back_populates="team", passive_deletes=True)

    __table_args__ = (
        CheckConstraint("btrim(name) <> '' AND length(name) <= 200", name="name"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$'", name="slug"),
        Index("teams_slug_key", "slug", unique=True),
        {"comment": "A team owns bots and pays for them. Everyone has at least a team of one."},
    )


class TeamMember(Base):
    __tablename__ = "team_members"

    team_id = Column(Uuid, ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id = Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role = Column(TeamRole, nullable=False, server_default="editor", comment="At most one owner in a team.")
    invited_by = Column(
        Uuid, ForeignKey("users.id", ondelete="SET NULL"),
        comment="Unknown for the founder, and once that person has been removed.")
    joined_at = Column(Timestamp, nullable=False, server_default=NOW)

    team = relationship("Team", back_populates="members")
    user = relationship("User", foreign_keys=[user_id], back_populates="memberships")

    __table_args__ = (
        Index("team_members_user_id_idx", "user_id"),
        Index("team_members_invited_by_idx", "invited_by", postgresql_where=text("invited_by IS NOT NULL")),
        Index("team_members_one_owner_key", "team_id", unique=True, postgresql_where=text("role = 'owner'")),
        {"comment": "Who belongs to a team, and in which role."},
    )


class Bot(Base):
    __tablename__ = "bots"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    team_id = Column(Uuid, ForeignKey("teams.id", ondelete="RESTRICT"), nullable=False)
    slug = Column(Text, nullable=False, unique=True, comment="Short name in URLs, logs and reports; never reused.")
    name = Column(Text, nullable=False)
    telegram_bot_id = Column(
        BigInteger, unique=True, comment="Given by Telegram; known as soon as a token has been accepted.")
    telegram_username = Column(Text, comment="Without the leading @.")
    state = Column(BotState, nullable=False, server_default="draft")
    created_by = Column(Uuid, ForeignKey("users.id", ondelete="SET NULL"))
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    template_version_id = Column(
        BigInteger, ForeignKey("template_versions.id", ondelete="SET NULL"),
        comment="What the bot was made from; no value: from an empty page.")

    team = relationship("Team", back_populates="bots")
    tokens = relationship("BotToken", back_populates="bot", passive_deletes=True)
    database = relationship("BotDatabase", back_populates="bot", uselist=False, passive_deletes="all")
    template_version = relationship("TemplateVersion")

    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'", name="slug"),
        CheckConstraint("btrim(name) <> '' AND length(name) <= 200", name="name"),
        CheckConstraint("telegram_username ~* '^[a-z0-9_]{2,29}bot$'", name="telegram_username"),
        CheckConstraint("state <> 'active' OR telegram_bot_id IS NOT NULL", name="active_is_connected"),
        Index("bots_team_id_state_idx", "team_id", "state"),
        Index("bots_created_by_idx", "created_by", postgresql_where=text("created_by IS NOT NULL")),
        Index("bots_telegram_username_lower_key", text("lower(telegram_username)"), unique=True),
        Index(
            "bots_template_version_id_idx", "template_version_id",
            postgresql_where=text("template_version_id IS NOT NULL")),
        {"comment": "Telegram bots. What a bot does is in its own database, see bot_databases."},
    )


class EncryptionKey(Base):
    __tablename__ = "encryption_keys"

    id = Column(Text, primary_key=True)
    algorithm = Column(Text, nullable=False, server_default="aes-256-gcm")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    retired_at = Column(Timestamp, comment="Since then nothing new is encrypted with this key.")

    __table_args__ = (
        CheckConstraint("id ~ '^[a-z0-9][a-z0-9._-]{0,99}$'", name="id"),
        CheckConstraint("algorithm IN ('aes-256-gcm', 'xchacha20-poly1305')", name="algorithm"),
        CheckConstraint("retired_at >= created_at", name="retired_at"),
        {"comment": "Names of the keys held by the key service. No key material."},
    )


class BotToken(Base):
    __tablename__ = "bot_tokens"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    bot_id = Column(Uuid, ForeignKey("bots.id", ondelete="CASCADE"), nullable=False)
    key_id = Column(Text, ForeignKey("encryption_keys.id", ondelete="RESTRICT"), nullable=False)
    ciphertext = Column(
        LargeBinary, nullable=False, comment="Nonce (12 bytes), encrypted token, authentication tag (16 bytes).")
    token_hash = Column(
        LargeBinary, nullable=False, unique=True,
        comment="HMAC-SHA-256 of the token: finds the bot of an incoming webhook without decrypting.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    revoked_at = Column(Timestamp)

    bot = relationship("Bot", back_populates="tokens")
    key = relationship("EncryptionKey")

    __table_args__ = (
        CheckConstraint("octet_length(ciphertext) BETWEEN 29 AND 1024", name="ciphertext"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("revoked_at >= created_at", name="revoked_at"),
        Index("bot_tokens_bot_id_idx", "bot_id"),
        Index("bot_tokens_key_id_idx", "key_id"),
        Index("bot_tokens_one_live_key", "bot_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
        {"comment": "Telegram tokens, encrypted; one live token for a bot."},
    )


class DatabaseServer(Base):
    __tablename__ = "database_servers"

    id = Column(Integer, Identity(always=True), primary_key=True)
    host = Column(Text, nullable=False, comment="Host name, or the directory of a Unix socket.")
    port = Column(Integer, nullable=False, server_default=text("5432"))
    ssl_mode = Column(Text, nullable=False, server_default="verify-full")
    max_databases = Column(
        Integer, nullable=False, server_default=text("500"),
        comment="A new bot goes to a server that is below this and accepts_new.")
    accepts_new = Column(Boolean, nullable=False, server_default=text("true"))
    created_at = Column(Timestamp, nullable=False, server_default=NOW)

    databases = relationship("BotDatabase", back_populates="server", passive_deletes="all")

    __table_args__ = (
        CheckConstraint("host ~ '^[A-Za-z0-9/][A-Za-z0-9._/-]*$'", name="host"),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
        CheckConstraint("ssl_mode IN ('disable', 'prefer', 'require', 'verify-ca', 'verify-full')", name="ssl_mode"),
        CheckConstraint("max_databases > 0", name="max_databases"),
        UniqueConstraint("host", "port"),
        {"comment": "PostgreSQL servers that carry the databases of bots."},
    )


class BotDatabase(Base):
    __tablename__ = "bot_databases"

    bot_id = Column(Uuid, ForeignKey("bots.id", ondelete="RESTRICT"), primary_key=True)
    server_id = Column(Integer, ForeignKey("database_servers.id", ondelete="RESTRICT"), nullable=False)
    database_name = Column(Text, nullable=False)
    role_name = Column(
        Text, nullable=False,
        comment="Owner of the database. No password is kept: the service has a client certificate, "
                "so a URL is no secret.")
    state = Column(BotDatabaseState, nullable=False, server_default="requested")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    is_canary = Column(
        Boolean, nullable=False, server_default=text("false"),
        comment="Migrated before the others: our own bots, and a few volunteers.")

    bot = relationship("Bot", back_populates="database")
    server = relationship("DatabaseServer", back_populates="databases")

    __table_args__ = (
        CheckConstraint("database_name ~ '^[a-z][a-z0-9_]{0,62}$'", name="database_name"),
        CheckConstraint("role_name ~ '^[a-z][a-z0-9_]{0,62}$'", name="role_name"),
        UniqueConstraint("server_id", "database_name"),
        {"comment": "Where each bot keeps its data: one database for a bot."},
    )


class Plan(Base):
    __tablename__ = "plans"

    code = Column(Text, primary_key=True)
    title = Column(Text, nullable=False)
    price_cents = Column(Integer, nullable=False, comment="For one month, in the smallest unit of the currency.")
    currency = Column(Text, nullable=False, server_default="EUR")
    max_bots = Column(Integer, comment="No value: no limit. So for the other two limits.")
    max_subscribers = Column(Integer)
    max_messages_per_month = Column(BigInteger)
    features = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment='Switches that the application reads, such as {"broadcasts": true}.')
    is_public = Column(Boolean, nullable=False, server_default=text("true"))
    sort_order = Column(Integer, nullable=False, unique=True)

    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),
        CheckConstraint("price_cents >= 0", name="price_cents"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("max_bots > 0 AND max_subscribers > 0 AND max_messages_per_month > 0", name="limits"),
        CheckConstraint("jsonb_typeof(features) = 'object'", name="features"),
        {"comment": "What can be bought. A plan that was ever sold is hidden, not deleted."},
    )


class Subscription(Base):
    __tablename__ = "subscriptions"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    team_id = Column(Uuid, ForeignKey("teams.id", ondelete="RESTRICT"), nullable=False)
    plan_code = Column(Text, ForeignKey("plans.code", ondelete="RESTRICT", onupdate="CASCADE"), nullable=False)
    status = Column(SubscriptionStatus, nullable=False, server_default="trialing")
    period = Column(TSTZRANGE, nullable=False, comment="Paid time, [from, to); no end for plans that are free.")
    cancel_at_period_end = Column(Boolean, nullable=False, server_default=text("false"))
    provider = Column(Text)
    provider_reference = Column(Text, comment="Name of the subscription at the payment provider.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    team = relationship("Team", back_populates="subscriptions")
    plan = relationship("Plan")
    invoices = relationship("Invoice", back_populates="subscription", passive_deletes="all")

    __table_args__ = (
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period)", name="period"),
        CheckConstraint("(provider IS NULL) = (provider_reference IS NULL)", name="provider"),
        UniqueConstraint("provider", "provider_reference", name="subscriptions_provider_reference_key"),
        ExcludeConstraint(
            ("team_id", "="), ("period", "&&"), name="subscriptions_one_at_a_time_excl", using="gist",
            where=text("status <> 'canceled'")),
        Index("subscriptions_team_id_idx", "team_id"),
        Index("subscriptions_plan_code_idx", "plan_code"),
        Index("subscriptions_renewal_idx", text("upper(period)"), postgresql_where=text("status <> 'canceled'")),
        {"comment": "Which plan a team had, when. Periods that count do not overlap."},
    )


class Invoice(Base):
    __tablename__ = "invoices"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    subscription_id = Column(BigInteger, ForeignKey("subscriptions.id", ondelete="RESTRICT"), nullable=False)
    number = Column(Text, nullable=False, unique=True, comment="Number that the tax office sees.")
    amount_cents = Column(Integer, nullable=False)
    currency = Column(Text, nullable=False)
    status = Column(InvoiceStatus, nullable=False, server_default="open")
    issued_at = Column(Timestamp, nullable=False, server_default=NOW)
    due_at = Column(Timestamp, nullable=False)
    paid_at = Column(Timestamp)

    subscription = relationship("Subscription", back_populates="invoices")

    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="amount_cents"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("due_at >= issued_at", name="due_at"),
        CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_at"),
        Index("invoices_subscription_id_idx", subscription_id, issued_at.desc()),
        Index("invoices_open_due_at_idx", "due_at", postgresql_where=text("status = 'open'")),
        {"comment": "Invoices as sent. Amounts are copied, so a later change of price changes no invoice."},
    )


class Template(Base):
    __tablename__ = "templates"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    team_id = Column(Uuid, ForeignKey("teams.id", ondelete="CASCADE"), comment="No value: made by us.")
    slug = Column(Text, nullable=False, unique=True)
    title = Column(Text, nullable=False)
    summary = Column(Text, nullable=False, server_default="")
    category = Column(Text, nullable=False)
    visibility = Column(TemplateVisibility, nullable=False, server_default="team")
    created_by = Column(Uuid, ForeignKey("users.id", ondelete="SET NULL"))
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    search = Column(
        TSVECTOR, Computed(SEARCH, persisted=True), nullable=False,
        comment="Words of the title (weight A) and of the summary (weight B).")

    versions = relationship(
        "TemplateVersion", back_populates="template", order_by="TemplateVersion.version", passive_deletes=True)

    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'", name="slug"),
        CheckConstraint("btrim(title) <> '' AND length(title) <= 200", name="title"),
        CheckConstraint("team_id IS NOT NULL OR visibility <> 'team'", name="owner"),
        Index("templates_team_id_idx", "team_id", postgresql_where=text("team_id IS NOT NULL")),
        Index("templates_created_by_idx", "created_by", postgresql_where=text("created_by IS NOT NULL")),
        Index("templates_gallery_idx", category, created_at.desc(), postgresql_where=text("visibility = 'public'")),
        Index("templates_search_idx", "search", postgresql_using="gin"),
        {"comment": "Ready-made bots to start from. The flows are in template_versions."},
    )


class TemplateVersion(Base):
    __tablename__ = "template_versions"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    template_id = Column(Uuid, ForeignKey("templates.id", ondelete="CASCADE"), nullable=False)
    version = Column(Integer, nullable=False)
    graph = Column(JSONB, nullable=False, comment="Blocks and transitions in the exchange format of the editor.")
    changelog = Column(Text, nullable=False, server_default="")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    published_at = Column(Timestamp, comment="No value: a draft.")
    published_by = Column(Uuid, ForeignKey("users.id", ondelete="SET NULL"))

    template = relationship("Template", back_populates="versions")

    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("jsonb_typeof(graph) = 'object'", name="graph"),
        CheckConstraint("published_at IS NOT NULL OR published_by IS NULL", name="published"),
        UniqueConstraint("template_id", "version"),
        Index(
            "template_versions_published_by_idx", "published_by", postgresql_where=text("published_by IS NOT NULL")),
        Index(
            "template_versions_published_idx", template_id, version.desc(),
            postgresql_where=text("published_at IS NOT NULL")),
        {"comment": "Versions of a template. A published one never changes."},
    )


class ApiKey(Base):
    __tablename__ = "api_keys"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    team_id = Column(Uuid, ForeignKey("teams.id", ondelete="CASCADE"), nullable=False)
    created_by = Column(Uuid, ForeignKey("users.id", ondelete="SET NULL"))
    name = Column(Text, nullable=False)
    prefix = Column(
        Text, nullable=False, unique=True,
        comment="First characters of the key, to tell keys apart in lists and logs.")
    key_hash = Column(
        LargeBinary, nullable=False, unique=True,
        comment="SHA-256 of the whole key, which is random and long: no salt is needed.")
    scopes = Column(ARRAY(Text), nullable=False)
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    expires_at = Column(Timestamp)
    last_used_at = Column(Timestamp, comment="Exact to a minute; written by the gateway.")
    revoked_at = Column(Timestamp)

    team = relationship("Team", back_populates="api_keys")

    __table_args__ = (
        CheckConstraint("btrim(name) <> '' AND length(name) <= 100", name="name"),
        CheckConstraint("prefix ~ '^bck_[a-z0-9]{8}$'", name="prefix"),
        CheckConstraint("octet_length(key_hash) = 32", name="key_hash"),
        CheckConstraint(
            "cardinality(scopes) > 0 AND scopes <@ ARRAY['bots.read', 'bots.write', 'subscribers.read', "
            "'messages.send', 'statistics.read']",
            name="scopes"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("revoked_at >= created_at", name="revoked_at"),
        Index("api_keys_team_id_idx", team_id, created_at.desc()),
        Index("api_keys_created_by_idx", "created_by", postgresql_where=text("created_by IS NOT NULL")),
        Index(
            "api_keys_expires_at_idx", "expires_at",
            postgresql_where=text("revoked_at IS NULL AND expires_at IS NOT NULL")),
        {"comment": "Keys for the public API. A key is shown once, when it is made."},
    )


class AuditEntry(Base):
    __tablename__ = "audit_log"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    occurred_at = Column(Timestamp, nullable=False, server_default=NOW)
    actor = Column(AuditActor, nullable=False)
    actor_id = Column(Uuid, comment="users.id or api_keys.id, as actor says.")
    team_id = Column(Uuid)
    action = Column(Text, nullable=False, comment="Object and verb, such as bot.publish.")
    object_kind = Column(Text, nullable=False)
    object_id = Column(Text, nullable=False)
    details = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment="What changed. Never a token, a key or a message of a subscriber.")
    remote_ip = Column(INET)

    __table_args__ = (
        CheckConstraint("actor_id IS NOT NULL OR actor = 'system'", name="actor_id"),
        CheckConstraint(r"action ~ '^[a-z][a-z_]*\.[a-z][a-z_]*$'", name="action"),
        CheckConstraint("jsonb_typeof(details) = 'object'", name="details"),
        Index("audit_log_team_id_idx", team_id, occurred_at.desc()),
        Index("audit_log_object_idx", object_kind, object_id, occurred_at.desc()),
        Index("audit_log_occurred_at_idx", "occurred_at", postgresql_using="brin"),
        {"comment": "Who did what. Rows are added, never changed."},
    )


# Views are read like tables but do not belong to Base.metadata, which is what the database is compared with.
bot_fleet = table("bot_fleet", column("name", Text), column("url", Text), column("is_canary", Boolean))

team_overview = table(
    "team_overview", column("id", Uuid), column("slug", Text), column("name", Text), column("owner_email", Text),
    column("plan_code", Text), column("subscription_status", SubscriptionStatus), column("paid_until", Timestamp),
    column("members", BigInteger), column("bots", BigInteger), column("active_bots", BigInteger))
