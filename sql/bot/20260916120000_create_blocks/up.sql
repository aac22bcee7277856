CREATE TYPE block_kind AS ENUM ('message', 'question', 'condition', 'set_variable', 'delay', 'jump', 'handover');

COMMENT ON TYPE block_kind IS 'What a block does when a dialog comes to it.';

CREATE TABLE blocks (
    id              bigint           GENERATED ALWAYS AS IDENTITY,
    flow_version_id bigint           NOT NULL,
    kind            block_kind       NOT NULL DEFAULT 'message',
    title           text             NOT NULL DEFAULT '',
    config          jsonb            NOT NULL DEFAULT '{}',
    x               double precision NOT NULL DEFAULT 0,
    y               double precision NOT NULL DEFAULT 0,
    is_entry        boolean          NOT NULL DEFAULT false,

    CONSTRAINT blocks_pkey PRIMARY KEY (id),
    -- Not needed for uniqueness: it is what the foreign keys of transitions point to.
    CONSTRAINT blocks_flow_version_id_id_key UNIQUE (flow_version_id, id),
    CONSTRAINT blocks_flow_version_id_fkey
        FOREIGN KEY (flow_version_id) REFERENCES flow_versions (id) ON DELETE CASCADE,
    CONSTRAINT blocks_config_check CHECK (jsonb_typeof(config) = 'object')
);

CREATE UNIQUE INDEX blocks_one_entry_key ON blocks (flow_version_id) WHERE is_entry;
-- "Where is this variable or template used" in the editor.
CREATE INDEX blocks_config_idx ON blocks USING gin (config jsonb_path_ops);

CREATE TABLE transitions (
    id              bigint  GENERATED ALWAYS AS IDENTITY,
    flow_version_id bigint  NOT NULL,
    from_block_id   bigint  NOT NULL,
    to_block_id     bigint  NOT NULL,
    sort_order      integer NOT NULL DEFAULT 0,
    label           text    NOT NULL DEFAULT '',
    condition       jsonb,

    CONSTRAINT transitions_pkey PRIMARY KEY (id),
    CONSTRAINT transitions_from_block_id_sort_order_key UNIQUE (from_block_id, sort_order)
        DEFERRABLE INITIALLY DEFERRED,
    -- Both ends in one version: an arrow cannot lead into another flow (a jump block does).
    CONSTRAINT transitions_from_block_fkey FOREIGN KEY (flow_version_id, from_block_id)
        REFERENCES blocks (flow_version_id, id) ON DELETE CASCADE,
    CONSTRAINT transitions_to_block_fkey FOREIGN KEY (flow_version_id, to_block_id)
        REFERENCES blocks (flow_version_id, id) ON DELETE CASCADE,
    CONSTRAINT transitions_condition_check CHECK (jsonb_typeof(condition) = 'object')
);

CREATE INDEX transitions_from_block_idx ON transitions (flow_version_id, from_block_id);
CREATE INDEX transitions_to_block_idx ON transitions (flow_version_id, to_block_id);

-- Dialogs stand in the blocks of published versions, which therefore do not move. Cascades
-- from flow_versions may still delete: their version is gone before their blocks are.
CREATE FUNCTION refuse_published_flow_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = public
AS $$
DECLARE
    published bigint;
BEGIN
    -- Both, as a block could be moved into a published version. OLD of an INSERT and NEW of
    -- a DELETE have only nulls.
    SELECT v.id INTO published
    FROM flow_versions v
    WHERE v.id IN (OLD.flow_version_id, NEW.flow_version_id) AND v.state <> 'draft'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'flow version % is published and cannot be changed', published
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Make a draft from it.';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER blocks_published_are_final
    BEFORE INSERT OR UPDATE OR DELETE ON blocks
    FOR EACH ROW EXECUTE FUNCTION refuse_published_flow_change();

CREATE TRIGGER transitions_published_are_final
    BEFORE INSERT OR UPDATE OR DELETE ON transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_published_flow_change();

COMMENT ON TABLE blocks IS 'Boxes of the visual editor.';
COMMENT ON COLUMN blocks.config IS 'Text, buttons, waiting time and so on; its form depends on the kind.';
COMMENT ON COLUMN blocks.x IS 'Place on the canvas; so is y.';
COMMENT ON TABLE transitions IS 'Arrows of the visual editor.';
COMMENT ON COLUMN transitions.sort_order IS
    'Conditions are tried in this order; checked at commit, so two can be swapped.';
COMMENT ON COLUMN transitions.condition IS 'No value: always taken.';
COMMENT ON FUNCTION refuse_published_flow_change() IS
    'Row trigger: blocks and transitions change in drafts only.';
