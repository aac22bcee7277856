-- One trigger function for every table that has an updated_at column, so that
-- no writer (application, console, backfill) can forget it.
CREATE FUNCTION touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION touch_updated_at() IS
    'Row trigger BEFORE UPDATE: sets updated_at to the time of the transaction.';
