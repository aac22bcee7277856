CREATE TABLE dialog_states (
    subscriber_id   bigint      NOT NULL,
    flow_version_id bigint      NOT NULL,
    block_id        bigint      NOT NULL,
    data            jsonb       NOT NULL DEFAULT '{}',
    revision        integer     NOT NULL DEFAULT 1,
    wake_at         timestamptz,
    started_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT dialog_states_pkey PRIMARY KEY (subscriber_id),
    CONSTRAINT dialog_states_subscriber_id_fkey
        FOREIGN KEY (subscriber_id) REFERENCES subscribers (id) ON DELETE CASCADE,
    CONSTRAINT dialog_states_block_fkey FOREIGN KEY (flow_version_id, block_id)
        REFERENCES blocks (flow_version_id, id) ON DELETE CASCADE,
    CONSTRAINT dialog_states_data_check CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT dialog_states_revision_check CHECK (revision > 0)
)
-- A row is rewritten with every message. Room in the page keeps that update off the indexes.
WITH (fillfactor = 70);

-- How many people stand in each block: drawn in the editor.
CREATE INDEX dialog_states_block_idx ON dialog_states (flow_version_id, block_id);
-- Containment, as in data @> '{"city": "Riga"}'.
CREATE INDEX dialog_states_data_idx ON dialog_states USING gin (data jsonb_path_ops);
-- The timer asks every second who has waited long enough.
CREATE INDEX dialog_states_wake_at_idx ON dialog_states (wake_at) WHERE wake_at IS NOT NULL;

CREATE TRIGGER dialog_states_touch_updated_at
    BEFORE UPDATE ON dialog_states
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE dialog_states IS 'Where each subscriber is in a flow. No row: in none.';
COMMENT ON COLUMN dialog_states.data IS 'Variables whose scope is the dialog, and answers given so far.';
COMMENT ON COLUMN dialog_states.revision IS
    'Counts writes. Two updates of one person are handled at once now and then; the later one starts again.';
COMMENT ON COLUMN dialog_states.wake_at IS 'When a delay ends. No value: waiting for the person.';
