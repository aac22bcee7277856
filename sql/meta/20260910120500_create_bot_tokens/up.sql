-- A bot's token is the bot: whoever has it can read and write as the bot. It is
-- encrypted by the application with a data key of the key service; this database
-- never sees the plain text or the key.
CREATE TABLE encryption_keys (
    id         text        NOT NULL,
    algorithm  text        NOT NULL DEFAULT 'aes-256-gcm',
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,

    CONSTRAINT encryption_keys_pkey PRIMARY KEY (id),
    CONSTRAINT encryption_keys_id_check CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
    CONSTRAINT encryption_keys_algorithm_check CHECK (algorithm IN ('aes-256-gcm', 'xchacha20-poly1305')),
    CONSTRAINT encryption_keys_retired_at_check CHECK (retired_at >= created_at)
);

CREATE TABLE bot_tokens (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    bot_id     uuid        NOT NULL,
    key_id     text        NOT NULL,
    ciphertext bytea       NOT NULL,
    token_hash bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,

    CONSTRAINT bot_tokens_pkey PRIMARY KEY (id),
    -- The same token cannot be given to two bots, nor come back after it was revoked.
    CONSTRAINT bot_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT bot_tokens_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES bots (id) ON DELETE CASCADE,
    CONSTRAINT bot_tokens_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (id) ON DELETE RESTRICT,
    CONSTRAINT bot_tokens_ciphertext_check CHECK (octet_length(ciphertext) BETWEEN 29 AND 1024),
    CONSTRAINT bot_tokens_token_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT bot_tokens_revoked_at_check CHECK (revoked_at >= created_at)
);

CREATE INDEX bot_tokens_bot_id_idx ON bot_tokens (bot_id);
-- Rotation asks for everything that is still encrypted with an old key.
CREATE INDEX bot_tokens_key_id_idx ON bot_tokens (key_id);
CREATE UNIQUE INDEX bot_tokens_one_live_key ON bot_tokens (bot_id) WHERE revoked_at IS NULL;

COMMENT ON TABLE encryption_keys IS 'Names of the keys held by the key service. No key material.';
COMMENT ON COLUMN encryption_keys.retired_at IS 'Since then nothing new is encrypted with this key.';
COMMENT ON TABLE bot_tokens IS 'Telegram tokens, encrypted; one live token for a bot.';
COMMENT ON COLUMN bot_tokens.ciphertext IS 'Nonce (12 bytes), encrypted token, authentication tag (16 bytes).';
COMMENT ON COLUMN bot_tokens.token_hash IS
    'HMAC-SHA-256 of the token: finds the bot of an incoming webhook without decrypting.';
