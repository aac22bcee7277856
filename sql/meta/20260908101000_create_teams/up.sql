CREATE TYPE team_role AS ENUM ('owner', 'admin', 'editor', 'viewer');

COMMENT ON TYPE team_role IS 'What a member may do, from everything to reading only.';

CREATE TABLE teams (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT teams_pkey PRIMARY KEY (id),
    CONSTRAINT teams_name_check CHECK (btrim(name) <> '' AND length(name) <= 200)
);

CREATE TRIGGER teams_touch_updated_at
    BEFORE UPDATE ON teams
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE team_members (
    team_id    uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    role       team_role   NOT NULL DEFAULT 'editor',
    invited_by uuid,
    joined_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT team_members_pkey PRIMARY KEY (team_id, user_id),
    CONSTRAINT team_members_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT team_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT team_members_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE SET NULL
);

-- "My teams", and the cascade from users. The primary key serves the other direction.
CREATE INDEX team_members_user_id_idx ON team_members (user_id);
CREATE INDEX team_members_invited_by_idx ON team_members (invited_by) WHERE invited_by IS NOT NULL;

-- Two owners would be two people who may each remove the other; ownership is handed over instead.
CREATE UNIQUE INDEX team_members_one_owner_key ON team_members (team_id) WHERE role = 'owner';

COMMENT ON TABLE teams IS 'A team owns bots and pays for them. Everyone has at least a team of one.';
COMMENT ON TABLE team_members IS 'Who belongs to a team, and in which role.';
COMMENT ON COLUMN team_members.role IS 'At most one owner in a team.';
COMMENT ON COLUMN team_members.invited_by IS 'Unknown for the founder, and once that person has been removed.';
