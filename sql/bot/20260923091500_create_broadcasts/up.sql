CREATE TYPE broadcast_state AS ENUM ('draft', 'scheduled', 'sending', 'sent', 'canceled');

COMMENT ON TYPE broadcast_state IS 'From left to right; canceled can follow all but sent.';

CREATE TABLE broadcasts (
    id           uuid            NOT NULL DEFAULT gen_random_uuid(),
    title        text            NOT NULL,
    body         text            NOT NULL,
    buttons      jsonb           NOT NULL DEFAULT '[]',
    audience     jsonb           NOT NULL DEFAULT '{}',
    state        broadcast_state NOT NULL DEFAULT 'draft',
    scheduled_at timestamptz,
    started_at   timestamptz,
    finished_at  timestamptz,
    created_by   uuid,
    created_at   timestamptz     NOT NULL DEFAULT now(),
    updated_at   timestamptz     NOT NULL DEFAULT now(),

    CONSTRAINT broadcasts_pkey PRIMARY KEY (id),
    CONSTRAINT broadcasts_title_check CHECK (btrim(title) <> '' AND length(title) <= 200),
    CONSTRAINT broadcasts_body_check CHECK (btrim(body) <> '' AND length(body) <= 4096),
    CONSTRAINT broadcasts_buttons_check CHECK (jsonb_typeof(buttons) = 'array'),
    CONSTRAINT broadcasts_audience_check CHECK (jsonb_typeof(audience) = 'object'),
    CONSTRAINT broadcasts_scheduled_at_check CHECK (scheduled_at IS NOT NULL OR state <> 'scheduled'),
    CONSTRAINT broadcasts_finished_at_check CHECK (finished_at >= started_at)
);

-- The scheduler: what is due.
CREATE INDEX broadcasts_due_idx ON broadcasts (scheduled_at) WHERE state = 'scheduled';
CREATE INDEX broadcasts_created_at_idx ON broadcasts (created_at DESC);

CREATE TRIGGER broadcasts_touch_updated_at
    BEFORE UPDATE ON broadcasts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE broadcasts IS 'One message to many subscribers.';
COMMENT ON COLUMN broadcasts.body IS 'At most 4096 characters, which is the limit of Telegram.';
COMMENT ON COLUMN broadcasts.audience IS 'Who gets it, such as {"tags": ["vip"]}; {} is everybody.';
COMMENT ON COLUMN broadcasts.created_by IS 'users.id of the metadata database; no foreign key can reach it.';
