CREATE TABLE api_keys (
    id           uuid        NOT NULL DEFAULT gen_random_uuid(),
    team_id      uuid        NOT NULL,
    created_by   uuid,
    name         text        NOT NULL,
    prefix       text        NOT NULL,
    key_hash     bytea       NOT NULL,
    scopes       text[]      NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,

    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_prefix_key UNIQUE (prefix),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT api_keys_name_check CHECK (btrim(name) <> '' AND length(name) <= 100),
    CONSTRAINT api_keys_prefix_check CHECK (prefix ~ '^bck_[a-z0-9]{8}$'),
    CONSTRAINT api_keys_key_hash_check CHECK (octet_length(key_hash) = 32),
    CONSTRAINT api_keys_scopes_check
        CHECK (cardinality(scopes) > 0
               AND scopes <@ ARRAY['bots.read', 'bots.write', 'subscribers.read',
                                'messages.send', 'statistics.read']),
    CONSTRAINT api_keys_expires_at_check CHECK (expires_at > created_at),
    CONSTRAINT api_keys_revoked_at_check CHECK (revoked_at >= created_at)
);

CREATE INDEX api_keys_team_id_idx ON api_keys (team_id, created_at DESC);
CREATE INDEX api_keys_created_by_idx ON api_keys (created_by) WHERE created_by IS NOT NULL;
-- The job that warns before a key ends.
CREATE INDEX api_keys_expires_at_idx ON api_keys (expires_at) WHERE revoked_at IS NULL AND expires_at IS NOT NULL;

COMMENT ON TABLE api_keys IS 'Keys for the public API. A key is shown once, when it is made.';
COMMENT ON COLUMN api_keys.prefix IS 'First characters of the key, to tell keys apart in lists and logs.';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the whole key, which is random and long: no salt is needed.';
COMMENT ON COLUMN api_keys.last_used_at IS 'Exact to a minute; written by the gateway.';
