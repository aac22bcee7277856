CREATE TYPE audit_actor AS ENUM ('user', 'api_key', 'system');

COMMENT ON TYPE audit_actor IS 'What kind of thing did it.';

-- No foreign keys on purpose: an entry outlives the people and teams it speaks of.
CREATE TABLE audit_log (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor       audit_actor NOT NULL,
    actor_id    uuid,
    team_id     uuid,
    action      text        NOT NULL,
    object_kind text        NOT NULL,
    object_id   text        NOT NULL,
    details     jsonb       NOT NULL DEFAULT '{}',
    remote_ip   inet,

    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_actor_id_check CHECK (actor_id IS NOT NULL OR actor = 'system'),
    CONSTRAINT audit_log_action_check CHECK (action ~ '^[a-z][a-z_]*\.[a-z][a-z_]*$'),
    CONSTRAINT audit_log_details_check CHECK (jsonb_typeof(details) = 'object')
);

-- The team's audit page, and the history of one object.
CREATE INDEX audit_log_team_id_idx ON audit_log (team_id, occurred_at DESC);
CREATE INDEX audit_log_object_idx ON audit_log (object_kind, object_id, occurred_at DESC);
-- Export by month: rows arrive in the order of time, so a BRIN of a few pages is enough.
CREATE INDEX audit_log_occurred_at_idx ON audit_log USING brin (occurred_at);

COMMENT ON TABLE audit_log IS 'Who did what. Rows are added, never changed.';
COMMENT ON COLUMN audit_log.actor_id IS 'users.id or api_keys.id, as actor says.';
COMMENT ON COLUMN audit_log.action IS 'Object and verb, such as bot.publish.';
COMMENT ON COLUMN audit_log.details IS 'What changed. Never a token, a key or a message of a subscriber.';
