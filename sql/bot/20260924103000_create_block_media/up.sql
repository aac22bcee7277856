CREATE TABLE block_media (
    block_id bigint  NOT NULL,
    media_id uuid    NOT NULL,
    position integer NOT NULL DEFAULT 0,

    CONSTRAINT block_media_pkey PRIMARY KEY (block_id, media_id),
    CONSTRAINT block_media_block_id_position_key UNIQUE (block_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT block_media_block_id_fkey FOREIGN KEY (block_id) REFERENCES blocks (id) ON DELETE CASCADE,
    -- A file in use cannot be deleted from the library.
    CONSTRAINT block_media_media_id_fkey FOREIGN KEY (media_id) REFERENCES media (id) ON DELETE RESTRICT,
    -- An album of Telegram holds ten.
    CONSTRAINT block_media_position_check CHECK (position BETWEEN 0 AND 9)
);

CREATE INDEX block_media_media_id_idx ON block_media (media_id);

COMMENT ON TABLE block_media IS 'Files that a block sends, as one album.';
COMMENT ON COLUMN block_media.position IS 'Order in the album; checked at commit, so two can be swapped.';
