CREATE TYPE subscriber_state AS ENUM ('active', 'blocked', 'deleted');

COMMENT ON TYPE subscriber_state IS 'blocked: has stopped the bot; deleted: Telegram says the account is gone.';

CREATE TABLE subscribers (
    id               bigint           GENERATED ALWAYS AS IDENTITY,
    telegram_user_id bigint           NOT NULL,
    username         text,
    first_name       text             NOT NULL DEFAULT '',
    last_name        text             NOT NULL DEFAULT '',
    language_code    text,
    state            subscriber_state NOT NULL DEFAULT 'active',
    tags             text[]           NOT NULL DEFAULT '{}',
    first_seen_at    timestamptz      NOT NULL DEFAULT now(),
    last_seen_at     timestamptz      NOT NULL DEFAULT now(),
    updated_at       timestamptz      NOT NULL DEFAULT now(),

    CONSTRAINT subscribers_pkey PRIMARY KEY (id),
    CONSTRAINT subscribers_telegram_user_id_key UNIQUE (telegram_user_id),
    CONSTRAINT subscribers_telegram_user_id_check CHECK (telegram_user_id > 0),
    CONSTRAINT subscribers_language_code_check CHECK (language_code ~ '^[a-z]{2,3}(-[A-Za-z0-9]+)*$'),
    CONSTRAINT subscribers_tags_check CHECK (cardinality(tags) <= 50 AND array_position(tags, NULL) IS NULL),
    CONSTRAINT subscribers_last_seen_at_check CHECK (last_seen_at >= first_seen_at)
);

-- Audiences of broadcasts are mostly "has these tags".
CREATE INDEX subscribers_tags_idx ON subscribers USING gin (tags);
-- Not unique: a username that somebody gave up may be taken by another before we notice.
CREATE INDEX subscribers_username_lower_idx ON subscribers (lower(username)) WHERE username IS NOT NULL;

CREATE TRIGGER subscribers_touch_updated_at
    BEFORE UPDATE ON subscribers
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE subscribers IS 'People who talk to the bot.';
COMMENT ON COLUMN subscribers.telegram_user_id IS 'Also the id of the private chat with that person.';
COMMENT ON COLUMN subscribers.tags IS 'Set by flows and by the team. At most 50.';
COMMENT ON COLUMN subscribers.last_seen_at IS 'Time of the last incoming message.';
