-- An outbox: written in the transaction of the event itself, so that an event which
-- happened is told, and one that was rolled back is not.
CREATE TABLE webhook_deliveries (
    id               bigint         GENERATED ALWAYS AS IDENTITY,
    endpoint_id      uuid           NOT NULL,
    event_id         uuid           NOT NULL DEFAULT gen_random_uuid(),
    event_kind       text           NOT NULL,
    payload          jsonb          NOT NULL,
    state            delivery_state NOT NULL DEFAULT 'pending',
    attempts         smallint       NOT NULL DEFAULT 0,
    next_attempt_at  timestamptz    NOT NULL DEFAULT now(),
    last_status_code smallint,
    last_error       text,
    created_at       timestamptz    NOT NULL DEFAULT now(),
    delivered_at     timestamptz,

    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
    -- The receiver is promised one id for one event, also when it is sent twice.
    CONSTRAINT webhook_deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_endpoint_id_fkey
        FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT webhook_deliveries_attempts_check CHECK (attempts BETWEEN 0 AND 100),
    CONSTRAINT webhook_deliveries_last_status_code_check CHECK (last_status_code BETWEEN 100 AND 599),
    CONSTRAINT webhook_deliveries_delivered_at_check
        CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);

-- The workers take from here with FOR UPDATE SKIP LOCKED. Finished rows are not in it.
CREATE INDEX webhook_deliveries_queue_idx ON webhook_deliveries (next_attempt_at, id) WHERE state = 'pending';
-- The list under an endpoint in the console, and the clearing of old rows.
CREATE INDEX webhook_deliveries_endpoint_id_created_at_idx ON webhook_deliveries (endpoint_id, created_at DESC);
CREATE INDEX webhook_deliveries_created_at_idx ON webhook_deliveries USING brin (created_at);

-- Wakes the workers at commit. A lost wake-up does no harm, they also look every minute.
CREATE FUNCTION notify_webhook_workers() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('webhook_deliveries', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER webhook_deliveries_notify
    AFTER INSERT ON webhook_deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION notify_webhook_workers();

COMMENT ON TABLE webhook_deliveries IS
    'Outbox of events for the endpoints of the customer: the queue, and the result.';
COMMENT ON COLUMN webhook_deliveries.event_id IS 'Sent along, so that the receiver can drop what it already has.';
COMMENT ON FUNCTION notify_webhook_workers() IS 'Statement trigger: NOTIFY webhook_deliveries.';
