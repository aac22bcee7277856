-- How long messages are kept is said in the bot's settings; the daily job calls this
-- with the day before which nothing is needed any more.
CREATE FUNCTION drop_messages_partitions(before date) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = public
    SET timezone = 'UTC'
AS $$
DECLARE
    limit_name     text := to_char(date_trunc('month', before), '"messages_"YYYY_MM');
    partition_name text;
    dropped        integer := 0;
BEGIN
    -- The names sort as their months do; the default partition has no such name.
    FOR partition_name IN
        SELECT c.relname
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'messages'::regclass
          AND c.relname ~ '^messages_\d{4}_\d{2}$'
          AND c.relname COLLATE "C" < limit_name COLLATE "C"
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', partition_name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

COMMENT ON FUNCTION drop_messages_partitions(date) IS
    'Drops the partitions of months that ended before the month of that day; returns how many.';
