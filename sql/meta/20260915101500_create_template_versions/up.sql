CREATE TABLE template_versions (
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    template_id  uuid        NOT NULL,
    version      integer     NOT NULL,
    graph        jsonb       NOT NULL,
    changelog    text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    published_by uuid,

    CONSTRAINT template_versions_pkey PRIMARY KEY (id),
    CONSTRAINT template_versions_template_id_version_key UNIQUE (template_id, version),
    CONSTRAINT template_versions_template_id_fkey
        FOREIGN KEY (template_id) REFERENCES templates (id) ON DELETE CASCADE,
    CONSTRAINT template_versions_published_by_fkey
        FOREIGN KEY (published_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT template_versions_version_check CHECK (version > 0),
    CONSTRAINT template_versions_graph_check CHECK (jsonb_typeof(graph) = 'object'),
    CONSTRAINT template_versions_published_check CHECK (published_at IS NOT NULL OR published_by IS NULL)
);

CREATE INDEX template_versions_published_by_idx
    ON template_versions (published_by) WHERE published_by IS NOT NULL;
-- "The newest published version of this template" is one step in this index.
CREATE INDEX template_versions_published_idx
    ON template_versions (template_id, version DESC) WHERE published_at IS NOT NULL;

-- Bots are made from published versions and refer to them, so these stand still.
-- Only these columns: ON DELETE SET NULL must still be able to clear published_by.
CREATE FUNCTION refuse_published_template_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'version % of template % is published and cannot be changed', OLD.version, OLD.template_id
        USING ERRCODE = 'restrict_violation',
              HINT = 'Make a new version.';
END
$$;

CREATE TRIGGER template_versions_published_is_final
    BEFORE UPDATE OF template_id, version, graph, published_at ON template_versions
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION refuse_published_template_change();

COMMENT ON TABLE template_versions IS 'Versions of a template. A published one never changes.';
COMMENT ON COLUMN template_versions.graph IS 'Blocks and transitions in the exchange format of the editor.';
COMMENT ON COLUMN template_versions.published_at IS 'No value: a draft.';
COMMENT ON FUNCTION refuse_published_template_change() IS
    'Row trigger: a published version of a template is final.';
