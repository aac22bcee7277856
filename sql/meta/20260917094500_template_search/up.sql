-- Search in the gallery. A generated column cannot go stale. The "simple" dictionary,
-- since titles come in every language. Adding it rewrites the table, which has a few
-- thousand rows.
ALTER TABLE templates
    ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('simple'::regconfig, title), 'A')
        || setweight(to_tsvector('simple'::regconfig, summary), 'B')
    ) STORED;

CREATE INDEX templates_search_idx ON templates USING gin (search);

COMMENT ON COLUMN templates.search IS 'Words of the title (weight A) and of the summary (weight B).';
