-- One trigger function for every table that has an updated_at column. A backfill is not
-- a change by a person: it says SET LOCAL botconstructor.keep_updated_at = 'on'.
CREATE FUNCTION touch_updated_at() RETURNS trigger
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
