-- The application writes the column only after the last of the four steps. A name that
-- the trigger gave since the first one goes, too; the backfill gives the same again.
SET LOCAL botconstructor.keep_updated_at = 'on';
UPDATE subscribers SET display_name = NULL WHERE display_name IS NOT NULL;
