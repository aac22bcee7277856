CREATE TYPE message_direction AS ENUM ('incoming', 'outgoing');
CREATE TYPE message_kind AS ENUM ('text', 'photo', 'video', 'voice', 'document', 'callback', 'service');

COMMENT ON TYPE message_direction IS 'incoming: from the subscriber; outgoing: from the bot or its team.';
COMMENT ON TYPE message_kind IS 'callback: a button was pressed; service: joined, left, pinned and the like.';

-- By month, because history is dropped by month: DROP TABLE takes no time, DELETE does.
CREATE TABLE messages (
    id                  bigint            GENERATED ALWAYS AS IDENTITY,
    sent_at             timestamptz       NOT NULL DEFAULT now(),
    subscriber_id       bigint            NOT NULL,
    direction           message_direction NOT NULL,
    kind                message_kind      NOT NULL DEFAULT 'text',
    block_id            bigint,
    telegram_message_id bigint,
    body                text,
    payload             jsonb             NOT NULL DEFAULT '{}',

    -- A key of a partitioned table holds its partition column.
    CONSTRAINT messages_pkey PRIMARY KEY (sent_at, id),
    CONSTRAINT messages_subscriber_id_fkey
        FOREIGN KEY (subscriber_id) REFERENCES subscribers (id) ON DELETE CASCADE,
    CONSTRAINT messages_block_id_fkey FOREIGN KEY (block_id) REFERENCES blocks (id) ON DELETE SET NULL,
    CONSTRAINT messages_body_check CHECK (body IS NOT NULL OR kind <> 'text'),
    CONSTRAINT messages_payload_check CHECK (jsonb_typeof(payload) = 'object')
) PARTITION BY RANGE (sent_at);

-- No message is lost when the job that makes partitions was late.
CREATE TABLE messages_default PARTITION OF messages DEFAULT;

-- One conversation, newest first.
CREATE INDEX messages_subscriber_id_sent_at_idx ON messages (subscriber_id, sent_at DESC);
CREATE INDEX messages_block_id_idx ON messages (block_id) WHERE block_id IS NOT NULL;

COMMENT ON TABLE messages IS 'Every message, both ways. One partition a month, in UTC.';
COMMENT ON COLUMN messages.block_id IS 'Block that sent it; no value: written by a person, or the block is gone.';
COMMENT ON COLUMN messages.payload IS 'Buttons, file ids and what else Telegram said.';
COMMENT ON TABLE messages_default IS 'Messages of months that have no partition. Empty, if all is well.';
