CREATE TYPE flow_version_state AS ENUM ('draft', 'published', 'retired');

COMMENT ON TYPE flow_version_state IS 'draft: in the editor; published: runs; retired: was published before.';

CREATE TABLE flows (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    name        text        NOT NULL,
    trigger     jsonb       NOT NULL DEFAULT '{}',
    is_enabled  boolean     NOT NULL DEFAULT true,
    archived_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT flows_pkey PRIMARY KEY (id),
    CONSTRAINT flows_name_check CHECK (btrim(name) <> '' AND length(name) <= 200),
    CONSTRAINT flows_trigger_check CHECK (jsonb_typeof(trigger) = 'object')
);

-- Names are free again once a flow has been archived.
CREATE UNIQUE INDEX flows_name_lower_key ON flows (lower(name)) WHERE archived_at IS NULL;

CREATE TRIGGER flows_touch_updated_at
    BEFORE UPDATE ON flows
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE flow_versions (
    id           bigint             GENERATED ALWAYS AS IDENTITY,
    flow_id      uuid               NOT NULL,
    version      integer            NOT NULL,
    state        flow_version_state NOT NULL DEFAULT 'draft',
    created_at   timestamptz        NOT NULL DEFAULT now(),
    published_at timestamptz,
    published_by uuid,

    CONSTRAINT flow_versions_pkey PRIMARY KEY (id),
    CONSTRAINT flow_versions_flow_id_version_key UNIQUE (flow_id, version),
    CONSTRAINT flow_versions_flow_id_fkey FOREIGN KEY (flow_id) REFERENCES flows (id) ON DELETE CASCADE,
    CONSTRAINT flow_versions_version_check CHECK (version > 0),
    CONSTRAINT flow_versions_published_at_check CHECK ((state = 'draft') = (published_at IS NULL))
);

-- Publishing retires the version before it, in one transaction; a race of two ends here.
CREATE UNIQUE INDEX flow_versions_one_published_key ON flow_versions (flow_id) WHERE state = 'published';
CREATE UNIQUE INDEX flow_versions_one_draft_key ON flow_versions (flow_id) WHERE state = 'draft';

COMMENT ON TABLE flows IS 'Scenarios of the bot, drawn in the visual editor.';
COMMENT ON COLUMN flows.trigger IS 'What starts the flow, such as {"command": "start"} or {"keywords": ["price"]}.';
COMMENT ON TABLE flow_versions IS 'Versions of a flow: at most one draft and one published.';
COMMENT ON COLUMN flow_versions.published_by IS 'users.id of the metadata database; no foreign key can reach it.';
