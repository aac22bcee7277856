-- Where the branches of broadcasts and of media meet: a broadcast may carry a file.
-- The column is new and empty, so the foreign key needs no scan; the table holds a
-- few hundred rows, so the index is built in no time.
ALTER TABLE broadcasts
    ADD COLUMN media_id uuid
        CONSTRAINT broadcasts_media_id_fkey REFERENCES media (id) ON DELETE RESTRICT;

CREATE INDEX broadcasts_media_id_idx ON broadcasts (media_id) WHERE media_id IS NOT NULL;

-- Under a file, Telegram takes a caption of 1024 characters only.
ALTER TABLE broadcasts
    ADD CONSTRAINT broadcasts_caption_check CHECK (media_id IS NULL OR length(body) <= 1024);

COMMENT ON COLUMN broadcasts.media_id IS 'File above the text, which is its caption then.';
