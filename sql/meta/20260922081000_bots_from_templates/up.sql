-- A new column without a value needs no scan, and so its foreign key neither.
-- The index on it is built concurrently, in the next migration.
ALTER TABLE bots
    ADD COLUMN template_version_id bigint
        CONSTRAINT bots_template_version_id_fkey REFERENCES template_versions (id) ON DELETE SET NULL;

COMMENT ON COLUMN bots.template_version_id IS 'What the bot was made from; no value: from an empty page.';
