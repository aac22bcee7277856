CREATE TYPE media_kind AS ENUM ('photo', 'video', 'audio', 'voice', 'document', 'sticker');

COMMENT ON TYPE media_kind IS 'Which method of the Telegram API sends it.';

CREATE TABLE media (
    id               uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind             media_kind  NOT NULL,
    storage_key      text        NOT NULL,
    sha256           bytea       NOT NULL,
    mime_type        text        NOT NULL,
    size_bytes       bigint      NOT NULL,
    file_name        text,
    telegram_file_id text,
    created_at       timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT media_pkey PRIMARY KEY (id),
    CONSTRAINT media_storage_key_key UNIQUE (storage_key),
    -- The same bytes are stored once for each way of sending them.
    CONSTRAINT media_sha256_kind_key UNIQUE (sha256, kind),
    CONSTRAINT media_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT media_mime_type_check CHECK (mime_type ~ '^[a-z]+/[a-z0-9.+-]+$'),
    CONSTRAINT media_size_bytes_check CHECK (size_bytes BETWEEN 1 AND 2147483648)
);

-- The library in the editor: one kind, newest first.
CREATE INDEX media_kind_created_at_idx ON media (kind, created_at DESC);

COMMENT ON TABLE media IS 'Files that the bot sends. The bytes are in the object storage.';
COMMENT ON COLUMN media.storage_key IS 'Key in the object storage.';
COMMENT ON COLUMN media.telegram_file_id IS
    'Given by Telegram with the first upload; sending it again costs nothing.';
