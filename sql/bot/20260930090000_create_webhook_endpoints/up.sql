CREATE TABLE webhook_endpoints (
    id                   uuid        NOT NULL DEFAULT gen_random_uuid(),
    url                  text        NOT NULL,
    event_kinds          text[]      NOT NULL,
    key_id               text        NOT NULL,
    secret_ciphertext    bytea       NOT NULL,
    consecutive_failures integer     NOT NULL DEFAULT 0,
    disabled_at          timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_endpoints_url_key UNIQUE (url),
    CONSTRAINT webhook_endpoints_url_check CHECK (url ~ '^https://[^\s@]+$' AND length(url) <= 2000),
    CONSTRAINT webhook_endpoints_event_kinds_check
        CHECK (cardinality(event_kinds) > 0
               AND event_kinds <@ ARRAY['subscriber.joined', 'subscriber.left', 'message.received',
                                        'flow.finished', 'broadcast.finished']),
    CONSTRAINT webhook_endpoints_secret_ciphertext_check
        CHECK (octet_length(secret_ciphertext) BETWEEN 29 AND 1024),
    CONSTRAINT webhook_endpoints_consecutive_failures_check CHECK (consecutive_failures >= 0)
);

CREATE TRIGGER webhook_endpoints_touch_updated_at
    BEFORE UPDATE ON webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE webhook_endpoints IS 'Servers of the customer that are told what happens in the bot.';
COMMENT ON COLUMN webhook_endpoints.key_id IS 'encryption_keys.id of the metadata database.';
COMMENT ON COLUMN webhook_endpoints.secret_ciphertext IS 'Key that signs deliveries, encrypted by the application.';
COMMENT ON COLUMN webhook_endpoints.disabled_at IS 'By the team, or by us after too many failures in a row.';
