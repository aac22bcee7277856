-- First of four steps to one name to show for every subscriber: the column, and a trigger,
-- so that nobody is added without a name behind the backfill by a release of the
-- application that does not know the column.
--
-- Not a generated column: adding one rewrites the table under a lock that stops the bot,
-- and the team may overwrite this name.
ALTER TABLE subscribers ADD COLUMN display_name text;

CREATE FUNCTION fill_display_name() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.display_name := coalesce(
        nullif(btrim(NEW.first_name || ' ' || NEW.last_name), ''),
        '@' || NEW.username,
        NEW.telegram_user_id::text);
    RETURN NEW;
END
$$;

CREATE TRIGGER subscribers_fill_display_name
    BEFORE INSERT ON subscribers
    FOR EACH ROW WHEN (NEW.display_name IS NULL)
    EXECUTE FUNCTION fill_display_name();

COMMENT ON COLUMN subscribers.display_name IS
    'Name shown in the console. Made from the others at first; the team may change it.';
COMMENT ON FUNCTION fill_display_name() IS
    'Row trigger BEFORE INSERT: a subscriber without a display_name gets one.';
