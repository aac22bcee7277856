CREATE TYPE delivery_state AS ENUM ('pending', 'delivered', 'failed', 'canceled');

COMMENT ON TYPE delivery_state IS 'failed: given up, after the last attempt or an error that will not go away.';

CREATE TABLE broadcast_deliveries (
    broadcast_id        uuid           NOT NULL,
    subscriber_id       bigint         NOT NULL,
    state               delivery_state NOT NULL DEFAULT 'pending',
    attempts            smallint       NOT NULL DEFAULT 0,
    next_attempt_at     timestamptz    NOT NULL DEFAULT now(),
    delivered_at        timestamptz,
    telegram_message_id bigint,
    error               text,

    CONSTRAINT broadcast_deliveries_pkey PRIMARY KEY (broadcast_id, subscriber_id),
    CONSTRAINT broadcast_deliveries_broadcast_id_fkey
        FOREIGN KEY (broadcast_id) REFERENCES broadcasts (id) ON DELETE CASCADE,
    CONSTRAINT broadcast_deliveries_subscriber_id_fkey
        FOREIGN KEY (subscriber_id) REFERENCES subscribers (id) ON DELETE CASCADE,
    CONSTRAINT broadcast_deliveries_attempts_check CHECK (attempts BETWEEN 0 AND 100),
    CONSTRAINT broadcast_deliveries_delivered_at_check
        CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);

CREATE INDEX broadcast_deliveries_subscriber_id_idx ON broadcast_deliveries (subscriber_id);
-- The senders take work from here with FOR UPDATE SKIP LOCKED.
CREATE INDEX broadcast_deliveries_queue_idx ON broadcast_deliveries (next_attempt_at) WHERE state = 'pending';

COMMENT ON TABLE broadcast_deliveries IS 'One row for each subscriber of a broadcast: the queue, and the result.';
COMMENT ON COLUMN broadcast_deliveries.next_attempt_at IS
    'Moved on when Telegram says 429, by as much as it asks for.';
