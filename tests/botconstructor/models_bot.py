"""SQLAlchemy models of a bot's own database, as the Bot Constructor declares them."""

from sqlalchemy import (
    BigInteger, Boolean, CheckConstraint, Column, Date, Enum, FetchedValue, Float, ForeignKey,
    ForeignKeyConstraint, Identity, Index, Integer, LargeBinary, PrimaryKeyConstraint, SmallInteger, Text,
    UniqueConstraint, column, table, text)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import relationship

from models_common import NOW, RANDOM_UUID, Timestamp, Uuid, declarative_base

Base = declarative_base()

SubscriberState = Enum("active", "blocked", "deleted", name="subscriber_state")
FlowVersionState = Enum("draft", "published", "retired", name="flow_version_state")
VariableScope = Enum("bot", "subscriber", "dialog", name="variable_scope")
VariableType = Enum("text", "number", "boolean", "date", "json", name="variable_type")
MessageDirection = Enum("incoming", "outgoing", name="message_direction")
MessageKind = Enum("text", "photo", "video", "voice", "document", "callback", "service", name="message_kind")
BroadcastState = Enum("draft", "scheduled", "sending", "sent", "canceled", name="broadcast_state")
DeliveryState = Enum("pending", "delivered", "failed", "canceled", name="delivery_state")
MediaKind = Enum("photo", "video", "audio", "voice", "document", "sticker", name="media_kind")
BlockKind = Enum(
    "message", "question", "condition", "set_variable", "delay", "jump", "handover", "http_request",
    name="block_kind")


class Subscriber(Base):
    __tablename__ = "subscribers"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    telegram_user_id = Column(
        BigInteger, nullable=False, unique=True, comment="Also the id of the private chat with that person.")
    username = Column(Text)
    first_name = Column(Text, nullable=False, server_default="")
    last_name = Column(Text, nullable=False, server_default="")
    language_code = Column(Text)
    state = Column(SubscriberState, nullable=False, server_default="active")
    tags = Column(
        ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"),
        comment="Set by flows and by the team. At most 50.")
    first_seen_at = Column(Timestamp, nullable=False, server_default=NOW)
    last_seen_at = Column(Timestamp, nullable=False, server_default=NOW, comment="Time of the last incoming message.")
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    # Filled by a trigger when it is not given.
    display_name = Column(
        Text, nullable=False, server_default=FetchedValue(),
        comment="Name shown in the console. Made from the others at first; the team may change it.")

    dialog = relationship("DialogState", back_populates="subscriber", uselist=False, passive_deletes=True)
    variables = relationship("SubscriberVariable", back_populates="subscriber", passive_deletes=True)
    messages = relationship("Message", back_populates="subscriber", order_by="Message.sent_at", passive_deletes=True)

    __table_args__ = (
        CheckConstraint("telegram_user_id > 0", name="telegram_user_id"),
        CheckConstraint("language_code ~ '^[a-z]{2,3}(-[A-Za-z0-9]+)*$'", name="language_code"),
        CheckConstraint("cardinality(tags) <= 50 AND array_position(tags, NULL) IS NULL", name="tags"),
        CheckConstraint("last_seen_at >= first_seen_at", name="last_seen_at"),
        CheckConstraint("display_name IS NOT NULL AND btrim(display_name) <> ''", name="display_name"),
        Index("subscribers_tags_idx", "tags", postgresql_using="gin"),
        Index(
            "subscribers_username_lower_idx", text("lower(username)"),
            postgresql_where=text("username IS NOT NULL")),
        Index("subscribers_last_seen_at_idx", "last_seen_at", postgresql_where=text("state = 'active'")),
        Index("subscribers_first_seen_at_idx", "first_seen_at"),
        {"comment": "People who talk to the bot."},
    )


class Flow(Base):
    __tablename__ = "flows"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    name = Column(Text, nullable=False)
    trigger = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment='What starts the flow, such as {"command": "start"} or {"keywords": ["price"]}.')
    is_enabled = Column(Boolean, nullable=False, server_default=text("true"))
    archived_at = Column(Timestamp)
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    versions = relationship(
        "FlowVersion", back_populates="flow", order_by="FlowVersion.version", passive_deletes=True)

    __table_args__ = (
        CheckConstraint("btrim(name) <> '' AND length(name) <= 200", name="name"),
        CheckConstraint("jsonb_typeof(trigger) = 'object'", name="trigger"),
        Index("flows_name_lower_key", text("lower(name)"), unique=True, postgresql_where=text("archived_at IS NULL")),
        {"comment": "Scenarios of the bot, drawn in the visual editor."},
    )


class FlowVersion(Base):
    __tablename__ = "flow_versions"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    flow_id = Column(Uuid, ForeignKey("flows.id", ondelete="CASCADE"), nullable=False)
    version = Column(Integer, nullable=False)
    state = Column(FlowVersionState, nullable=False, server_default="draft")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    published_at = Column(Timestamp)
    published_by = Column(Uuid, comment="users.id of the metadata database; no foreign key can reach it.")

    flow = relationship("Flow", back_populates="versions")
    blocks = relationship("Block", back_populates="flow_version", passive_deletes=True)

    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_at"),
        UniqueConstraint("flow_id", "version"),
        Index(
            "flow_versions_one_published_key", "flow_id", unique=True, postgresql_where=text("state = 'published'")),
        Index("flow_versions_one_draft_key", "flow_id", unique=True, postgresql_where=text("state = 'draft'")),
        {"comment": "Versions of a flow: at most one draft and one published."},
    )


class Block(Base):
    __tablename__ = "blocks"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    flow_version_id = Column(BigInteger, ForeignKey("flow_versions.id", ondelete="CASCADE"), nullable=False)
    kind = Column(BlockKind, nullable=False, server_default="message")
    title = Column(Text, nullable=False, server_default="")
    config = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment="Text, buttons, waiting time and so on; its form depends on the kind.")
    x = Column(Float(53), nullable=False, server_default=text("0"), comment="Place on the canvas; so is y.")
    y = Column(Float(53), nullable=False, server_default=text("0"))
    is_entry = Column(Boolean, nullable=False, server_default=text("false"))

    flow_version = relationship("FlowVersion", back_populates="blocks")
    media = relationship("BlockMedia", back_populates="block", order_by="BlockMedia.position", passive_deletes=True)
    transitions = relationship(
        "Transition", foreign_keys="Transition.from_block_id", primaryjoin="Block.id == Transition.from_block_id",
        order_by="Transition.sort_order", viewonly=True)

    __table_args__ = (
        CheckConstraint("jsonb_typeof(config) = 'object'", name="config"),
        UniqueConstraint("flow_version_id", "id"),
        Index("blocks_one_entry_key", "flow_version_id", unique=True, postgresql_where=text("is_entry")),
        Index("blocks_config_idx", "config", postgresql_using="gin", postgresql_ops={"config": "jsonb_path_ops"}),
        {"comment": "Boxes of the visual editor."},
    )


class Transition(Base):
    __tablename__ = "transitions"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    flow_version_id = Column(BigInteger, nullable=False)
    from_block_id = Column(BigInteger, nullable=False)
    to_block_id = Column(BigInteger, nullable=False)
    sort_order = Column(
        Integer, nullable=False, server_default=text("0"),
        comment="Conditions are tried in this order; checked at commit, so two can be swapped.")
    label = Column(Text, nullable=False, server_default="")
    condition = Column(JSONB, comment="No value: always taken.")

    __table_args__ = (
        CheckConstraint("jsonb_typeof(condition) = 'object'", name="condition"),
        UniqueConstraint("from_block_id", "sort_order", deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(
            ["flow_version_id", "from_block_id"], ["blocks.flow_version_id", "blocks.id"],
            name="transitions_from_block_fkey", ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["flow_version_id", "to_block_id"], ["blocks.flow_version_id", "blocks.id"],
            name="transitions_to_block_fkey", ondelete="CASCADE"),
        Index("transitions_from_block_idx", "flow_version_id", "from_block_id"),
        Index("transitions_to_block_idx", "flow_version_id", "to_block_id"),
        {"comment": "Arrows of the visual editor."},
    )


class Variable(Base):
    __tablename__ = "variables"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    name = Column(Text, nullable=False, unique=True, comment="As written in texts: {{first_order}}.")
    scope = Column(VariableScope, nullable=False)
    type = Column(VariableType, nullable=False, server_default="text")
    default_value = Column(JSONB)
    description = Column(Text, nullable=False, server_default="")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,62}$'", name="name"),
        {"comment": "Variables that flows read and write, declared in the editor."},
    )


class SubscriberVariable(Base):
    __tablename__ = "subscriber_variables"

    subscriber_id = Column(BigInteger, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    variable_id = Column(BigInteger, ForeignKey("variables.id", ondelete="CASCADE"), primary_key=True)
    value = Column(
        JSONB, nullable=False, comment="Found by md5(value::text), as a value may be longer than an index row.")
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    subscriber = relationship("Subscriber", back_populates="variables")
    variable = relationship("Variable")

    __table_args__ = (
        Index("subscriber_variables_variable_id_value_idx", "variable_id", text("md5(value::text)")),
        {"comment": "Values of variables whose scope is the subscriber."},
    )


class DialogState(Base):
    __tablename__ = "dialog_states"

    subscriber_id = Column(BigInteger, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    flow_version_id = Column(BigInteger, nullable=False)
    block_id = Column(BigInteger, nullable=False)
    data = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment="Variables whose scope is the dialog, and answers given so far.")
    revision = Column(
        Integer, nullable=False, server_default=text("1"),
        comment="Counts writes. Two updates of one person are handled at once now and then; "
                "the later one starts again.")
    wake_at = Column(Timestamp, comment="When a delay ends. No value: waiting for the person.")
    started_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    subscriber = relationship("Subscriber", back_populates="dialog")
    block = relationship(
        "Block", foreign_keys=[block_id], primaryjoin="DialogState.block_id == Block.id", viewonly=True)

    # SQLAlchemy counts it up and compares it with every UPDATE: the loser of a race gets StaleDataError.
    __mapper_args__ = {"version_id_col": revision, "eager_defaults": True}

    __table_args__ = (
        CheckConstraint("jsonb_typeof(data) = 'object'", name="data"),
        CheckConstraint("revision > 0", name="revision"),
        ForeignKeyConstraint(
            ["flow_version_id", "block_id"], ["blocks.flow_version_id", "blocks.id"],
            name="dialog_states_block_fkey", ondelete="CASCADE"),
        Index("dialog_states_block_idx", "flow_version_id", "block_id"),
        Index("dialog_states_data_idx", "data", postgresql_using="gin", postgresql_ops={"data": "jsonb_path_ops"}),
        Index("dialog_states_wake_at_idx", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        {"comment": "Where each subscriber is in a flow. No row: in none."},
    )


class Message(Base):
    __tablename__ = "messages"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    sent_at = Column(Timestamp, primary_key=True, server_default=NOW)
    subscriber_id = Column(BigInteger, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False)
    direction = Column(MessageDirection, nullable=False)
    kind = Column(MessageKind, nullable=False, server_default="text")
    block_id = Column(
        BigInteger, ForeignKey("blocks.id", ondelete="SET NULL"),
        comment="Block that sent it; no value: written by a person, or the block is gone.")
    telegram_message_id = Column(BigInteger)
    body = Column(Text)
    payload = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment="Buttons, file ids and what else Telegram said.")

    subscriber = relationship("Subscriber", back_populates="messages")

    __table_args__ = (
        PrimaryKeyConstraint("sent_at", "id"),
        CheckConstraint("body IS NOT NULL OR kind <> 'text'", name="body"),
        CheckConstraint("jsonb_typeof(payload) = 'object'", name="payload"),
        Index("messages_subscriber_id_sent_at_idx", subscriber_id, sent_at.desc()),
        Index("messages_block_id_idx", "block_id", postgresql_where=text("block_id IS NOT NULL")),
        {"comment": "Every message, both ways. One partition a month, in UTC.",
         "postgresql_partition_by": "RANGE (sent_at)"},
    )


class Broadcast(Base):
    __tablename__ = "broadcasts"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    title = Column(Text, nullable=False)
    body = Column(Text, nullable=False, comment="At most 4096 characters, which is the limit of Telegram.")
    buttons = Column(JSONB, nullable=False, server_default=text("'[]'::jsonb"))
    audience = Column(
        JSONB, nullable=False, server_default=text("'{}'::jsonb"),
        comment='Who gets it, such as {"tags": ["vip"]}; {} is everybody.')
    state = Column(BroadcastState, nullable=False, server_default="draft")
    scheduled_at = Column(Timestamp)
    started_at = Column(Timestamp)
    finished_at = Column(Timestamp)
    created_by = Column(Uuid, comment="users.id of the metadata database; no foreign key can reach it.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)
    media_id = Column(
        Uuid, ForeignKey("media.id", ondelete="RESTRICT"), comment="File above the text, which is its caption then.")

    deliveries = relationship("BroadcastDelivery", back_populates="broadcast", passive_deletes=True)
    media = relationship("Media")

    __table_args__ = (
        CheckConstraint("btrim(title) <> '' AND length(title) <= 200", name="title"),
        CheckConstraint("btrim(body) <> '' AND length(body) <= 4096", name="body"),
        CheckConstraint("jsonb_typeof(buttons) = 'array'", name="buttons"),
        CheckConstraint("jsonb_typeof(audience) = 'object'", name="audience"),
        CheckConstraint("scheduled_at IS NOT NULL OR state <> 'scheduled'", name="scheduled_at"),
        CheckConstraint("finished_at >= started_at", name="finished_at"),
        CheckConstraint("media_id IS NULL OR length(body) <= 1024", name="caption"),
        Index("broadcasts_due_idx", "scheduled_at", postgresql_where=text("state = 'scheduled'")),
        Index("broadcasts_created_at_idx", created_at.desc()),
        Index("broadcasts_media_id_idx", "media_id", postgresql_where=text("media_id IS NOT NULL")),
        {"comment": "One message to many subscribers."},
    )


class BroadcastDelivery(Base):
    __tablename__ = "broadcast_deliveries"

    broadcast_id = Column(Uuid, ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    subscriber_id = Column(BigInteger, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    state = Column(DeliveryState, nullable=False, server_default="pending")
    attempts = Column(SmallInteger, nullable=False, server_default=text("0"))
    next_attempt_at = Column(
        Timestamp, nullable=False, server_default=NOW,
        comment="Moved on when Telegram says 429, by as much as it asks for.")
    delivered_at = Column(Timestamp)
    telegram_message_id = Column(BigInteger)
    error = Column(Text)

    broadcast = relationship("Broadcast", back_populates="deliveries")
    subscriber = relationship("Subscriber")

    __table_args__ = (
        CheckConstraint("attempts BETWEEN 0 AND 100", name="attempts"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_at"),
        Index("broadcast_deliveries_subscriber_id_idx", "subscriber_id"),
        Index("broadcast_deliveries_queue_idx", "next_attempt_at", postgresql_where=text("state = 'pending'")),
        {"comment": "One row for each subscriber of a broadcast: the queue, and the result."},
    )


class Media(Base):
    __tablename__ = "media"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    kind = Column(MediaKind, nullable=False)
    storage_key = Column(Text, nullable=False, unique=True, comment="Key in the object storage.")
    sha256 = Column(LargeBinary, nullable=False)
    mime_type = Column(Text, nullable=False)
    size_bytes = Column(BigInteger, nullable=False)
    file_name = Column(Text)
    telegram_file_id = Column(
        Text, comment="Given by Telegram with the first upload; sending it again costs nothing.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)

    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("mime_type ~ '^[a-z]+/[a-z0-9.+-]+$'", name="mime_type"),
        CheckConstraint("size_bytes BETWEEN 1 AND 2147483648", name="size_bytes"),
        UniqueConstraint("sha256", "kind"),
        Index("media_kind_created_at_idx", kind, created_at.desc()),
        {"comment": "Files that the bot sends. The bytes are in the object storage."},
    )


class BlockMedia(Base):
    __tablename__ = "block_media"

    block_id = Column(BigInteger, ForeignKey("blocks.id", ondelete="CASCADE"), primary_key=True)
    media_id = Column(Uuid, ForeignKey("media.id", ondelete="RESTRICT"), primary_key=True)
    position = Column(
        Integer, nullable=False, server_default=text("0"),
        comment="Order in the album; checked at commit, so two can be swapped.")

    block = relationship("Block", back_populates="media")
    media = relationship("Media")

    __table_args__ = (
        CheckConstraint("position BETWEEN 0 AND 9", name="position"),
        UniqueConstraint("block_id", "position", deferrable=True, initially="DEFERRED"),
        Index("block_media_media_id_idx", "media_id"),
        {"comment": "Files that a block sends, as one album."},
    )


class WebhookEndpoint(Base):
    __tablename__ = "webhook_endpoints"

    id = Column(Uuid, primary_key=True, server_default=RANDOM_UUID)
    url = Column(Text, nullable=False, unique=True)
    event_kinds = Column(ARRAY(Text), nullable=False)
    key_id = Column(Text, nullable=False, comment="encryption_keys.id of the metadata database.")
    secret_ciphertext = Column(
        LargeBinary, nullable=False, comment="Key that signs deliveries, encrypted by the application.")
    consecutive_failures = Column(Integer, nullable=False, server_default=text("0"))
    disabled_at = Column(Timestamp, comment="By the team, or by us after too many failures in a row.")
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    updated_at = Column(Timestamp, nullable=False, server_default=NOW)

    deliveries = relationship("WebhookDelivery", back_populates="endpoint", passive_deletes=True)

    __table_args__ = (
        CheckConstraint(r"url ~ '^https://[^\s@]+$' AND length(url) <= 2000", name="url"),
        CheckConstraint(
            "cardinality(event_kinds) > 0 AND event_kinds <@ ARRAY['subscriber.joined', 'subscriber.left', "
            "'message.received', 'flow.finished', 'broadcast.finished']",
            name="event_kinds"),
        CheckConstraint("octet_length(secret_ciphertext) BETWEEN 29 AND 1024", name="secret_ciphertext"),
        CheckConstraint("consecutive_failures >= 0", name="consecutive_failures"),
        {"comment": "Servers of the customer that are told what happens in the bot."},
    )


class WebhookDelivery(Base):
    __tablename__ = "webhook_deliveries"

    id = Column(BigInteger, Identity(always=True), primary_key=True)
    endpoint_id = Column(Uuid, ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False)
    event_id = Column(
        Uuid, nullable=False, server_default=RANDOM_UUID,
        comment="Sent along, so that the receiver can drop what it already has.")
    event_kind = Column(Text, nullable=False)
    payload = Column(JSONB, nullable=False)
    state = Column(DeliveryState, nullable=False, server_default="pending")
    attempts = Column(SmallInteger, nullable=False, server_default=text("0"))
    next_attempt_at = Column(Timestamp, nullable=False, server_default=NOW)
    last_status_code = Column(SmallInteger)
    last_error = Column(Text)
    created_at = Column(Timestamp, nullable=False, server_default=NOW)
    delivered_at = Column(Timestamp)

    endpoint = relationship("WebhookEndpoint", back_populates="deliveries")

    __table_args__ = (
        CheckConstraint("jsonb_typeof(payload) = 'object'", name="payload"),
        CheckConstraint("attempts BETWEEN 0 AND 100", name="attempts"),
        CheckConstraint("last_status_code BETWEEN 100 AND 599", name="last_status_code"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_at"),
        UniqueConstraint("endpoint_id", "event_id"),
        Index("webhook_deliveries_queue_idx", "next_attempt_at", "id", postgresql_where=text("state = 'pending'")),
        Index("webhook_deliveries_endpoint_id_created_at_idx", endpoint_id, created_at.desc()),
        Index("webhook_deliveries_created_at_idx", "created_at", postgresql_using="brin"),
        {"comment": "Outbox of events for the endpoints of the customer: the queue, and the result."},
    )


class DailyStatistics(Base):
    __tablename__ = "daily_statistics"

    day = Column(Date, primary_key=True)
    new_subscribers = Column(Integer, nullable=False, server_default=text("0"))
    active_subscribers = Column(
        Integer, nullable=False, server_default=text("0"), comment="People who wrote at least once that day.")
    messages_incoming = Column(BigInteger, nullable=False, server_default=text("0"))
    messages_outgoing = Column(BigInteger, nullable=False, server_default=text("0"))

    __table_args__ = (
        CheckConstraint(
            "new_subscribers >= 0 AND active_subscribers >= 0 AND messages_incoming >= 0 AND messages_outgoing >= 0",
            name="counts"),
        {"comment": "One row a day (UTC), kept when the messages themselves are gone."},
    )


class DailyFlowStatistics(Base):
    __tablename__ = "daily_flow_statistics"

    day = Column(Date, primary_key=True)
    flow_id = Column(Uuid, ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True)
    started = Column(Integer, nullable=False, server_default=text("0"))
    finished = Column(
        Integer, nullable=False, server_default=text("0"),
        comment="Counted on the day of the end, so it can exceed started.")

    __table_args__ = (
        PrimaryKeyConstraint("flow_id", "day"),
        CheckConstraint("started >= 0 AND finished >= 0", name="counts"),
        Index("daily_flow_statistics_day_idx", "day"),
        {"comment": "How often each flow was started and finished, by day (UTC)."},
    )


# Views are read like tables but do not belong to Base.metadata, which is what the database is compared with.
active_dialogs = table(
    "active_dialogs", column("subscriber_id", BigInteger), column("display_name", Text), column("flow_id", Uuid),
    column("flow_name", Text), column("flow_version", Integer), column("block_id", BigInteger),
    column("block_kind", BlockKind), column("block_title", Text), column("waits_for_server", Boolean),
    column("wake_at", Timestamp), column("updated_at", Timestamp))
