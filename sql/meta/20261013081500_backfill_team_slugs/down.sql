ALTER TABLE teams DROP CONSTRAINT teams_slug_present_check;

DROP TRIGGER teams_fill_slug ON teams;
DROP FUNCTION fill_team_slug();
DROP FUNCTION make_team_slug(text, uuid);

-- Nothing had written the column before the backfill.
SET LOCAL botconstructor.keep_updated_at = 'on';
UPDATE teams SET slug = NULL WHERE slug IS NOT NULL;
