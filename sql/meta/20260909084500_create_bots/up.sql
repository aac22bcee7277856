CREATE TYPE bot_state AS ENUM ('draft', 'active', 'paused', 'archived');

COMMENT ON TYPE bot_state IS
    'draft: never connected; active: receives updates; paused: by its team; archived: hidden.';

CREATE TABLE bots (
    id                uuid        NOT NULL DEFAULT gen_random_uuid(),
    team_id           uuid        NOT NULL,
    slug              text        NOT NULL,
    name              text        NOT NULL,
    telegram_bot_id   bigint,
    telegram_username text,
    state             bot_state   NOT NULL DEFAULT 'draft',
    created_by        uuid,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT bots_pkey PRIMARY KEY (id),
    CONSTRAINT bots_slug_key UNIQUE (slug),
    CONSTRAINT bots_telegram_bot_id_key UNIQUE (telegram_bot_id),
    -- A team with bots cannot vanish: their databases have to be retired first.
    CONSTRAINT bots_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT,
    CONSTRAINT bots_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT bots_slug_check CHECK (slug ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'),
    CONSTRAINT bots_name_check CHECK (btrim(name) <> '' AND length(name) <= 200),
    CONSTRAINT bots_telegram_username_check CHECK (telegram_username ~* '^[a-z0-9_]{2,29}bot$'),
    CONSTRAINT bots_active_is_connected_check CHECK (state <> 'active' OR telegram_bot_id IS NOT NULL)
);

-- The team's page lists its bots without the archived ones.
CREATE INDEX bots_team_id_state_idx ON bots (team_id, state);
CREATE INDEX bots_created_by_idx ON bots (created_by) WHERE created_by IS NOT NULL;

-- Telegram usernames are unique without regard to case.
CREATE UNIQUE INDEX bots_telegram_username_lower_key ON bots (lower(telegram_username));

CREATE TRIGGER bots_touch_updated_at
    BEFORE UPDATE ON bots
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE bots IS 'Telegram bots. What a bot does is in its own database, see bot_databases.';
COMMENT ON COLUMN bots.slug IS 'Short name in URLs, logs and reports; never reused.';
COMMENT ON COLUMN bots.telegram_bot_id IS 'Given by Telegram; known as soon as a token has been accepted.';
COMMENT ON COLUMN bots.telegram_username IS 'Without the leading @.';
