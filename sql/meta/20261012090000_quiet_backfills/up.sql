-- A backfill is not a change by a person: it must not move every row to the top of
-- "recently changed". It says SET LOCAL botconstructor.keep_updated_at = 'on'.
-- The databases of bots have this form since their first migration.
CREATE OR REPLACE FUNCTION touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('botconstructor.keep_updated_at', true) IS DISTINCT FROM 'on' THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION touch_updated_at() IS
    'Row trigger BEFORE UPDATE: sets updated_at, unless botconstructor.keep_updated_at is on.';
