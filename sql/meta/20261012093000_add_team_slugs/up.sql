-- First of four steps to a slug for every team: the column. Nothing writes it before
-- the next step. A CHECK on a column that is still empty costs one short scan.
ALTER TABLE teams
    ADD COLUMN slug text
        CONSTRAINT teams_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$');

COMMENT ON COLUMN teams.slug IS 'Short name in the URLs of the team. Made from the name; people may change it.';
