-- Second step. The trigger comes first, so that no team without a slug is added behind
-- the UPDATE by a release of the application that does not know the column. Its lock
-- keeps other writers of teams out until the end, a moment for some thousand rows.
CREATE FUNCTION make_team_slug(team_name text, team_id uuid) RETURNS text
    LANGUAGE sql
    IMMUTABLE
AS $$
    -- The end of the id keeps teams of one name apart, and names without a Latin letter usable.
    SELECT coalesce(
               nullif(btrim(left(regexp_replace(lower(team_name), '[^a-z0-9]+', '-', 'g'), 40), '-'), ''),
               'team')
           || '-' || right(team_id::text, 12)
$$;

CREATE FUNCTION fill_team_slug() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = public
AS $$
BEGIN
    NEW.slug := make_team_slug(NEW.name, NEW.id);
    RETURN NEW;
END
$$;

CREATE TRIGGER teams_fill_slug
    BEFORE INSERT ON teams
    FOR EACH ROW WHEN (NEW.slug IS NULL)
    EXECUTE FUNCTION fill_team_slug();

COMMENT ON FUNCTION make_team_slug(text, uuid) IS 'A slug that is valid for every name and differs for every id.';
COMMENT ON FUNCTION fill_team_slug() IS 'Row trigger BEFORE INSERT: a team without a slug gets one.';

SET LOCAL botconstructor.keep_updated_at = 'on';
UPDATE teams SET slug = make_team_slug(name, id) WHERE slug IS NULL;

-- Holds for every new row at once; the rows that are there are checked in the next
-- step, without a lock that stops anybody.
ALTER TABLE teams
    ADD CONSTRAINT teams_slug_present_check CHECK (slug IS NOT NULL) NOT VALID;
