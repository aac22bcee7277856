CREATE TYPE template_visibility AS ENUM ('team', 'unlisted', 'public');

COMMENT ON TYPE template_visibility IS
    'team: its team only; unlisted: everyone with the link; public: in the gallery.';

CREATE TABLE templates (
    id         uuid                NOT NULL DEFAULT gen_random_uuid(),
    team_id    uuid,
    slug       text                NOT NULL,
    title      text                NOT NULL,
    summary    text                NOT NULL DEFAULT '',
    category   text                NOT NULL,
    visibility template_visibility NOT NULL DEFAULT 'team',
    created_by uuid,
    created_at timestamptz         NOT NULL DEFAULT now(),
    updated_at timestamptz         NOT NULL DEFAULT now(),

    CONSTRAINT templates_pkey PRIMARY KEY (id),
    CONSTRAINT templates_slug_key UNIQUE (slug),
    CONSTRAINT templates_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT templates_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT templates_slug_check CHECK (slug ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'),
    CONSTRAINT templates_title_check CHECK (btrim(title) <> '' AND length(title) <= 200),
    CONSTRAINT templates_owner_check CHECK (team_id IS NOT NULL OR visibility <> 'team')
);

CREATE INDEX templates_team_id_idx ON templates (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX templates_created_by_idx ON templates (created_by) WHERE created_by IS NOT NULL;
-- A page of the gallery: one category, newest first.
CREATE INDEX templates_gallery_idx ON templates (category, created_at DESC) WHERE visibility = 'public';

CREATE TRIGGER templates_touch_updated_at
    BEFORE UPDATE ON templates
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE templates IS 'Ready-made bots to start from. The flows are in template_versions.';
COMMENT ON COLUMN templates.team_id IS 'No value: made by us.';
