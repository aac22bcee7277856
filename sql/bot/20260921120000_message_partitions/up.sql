-- Called by a daily job for this month and the next, so that it may fail for weeks.
-- Not from migrations: which months are there depends on the day, the schema must not.
CREATE FUNCTION create_messages_partition(month date) RETURNS text
    LANGUAGE plpgsql
    SET search_path = public
    SET timezone = 'UTC'
AS $$
DECLARE
    starts         timestamptz := date_trunc('month', month);
    ends           timestamptz := starts + interval '1 month';
    partition_name text := to_char(starts, '"messages_"YYYY_MM');
BEGIN
    IF to_regclass(partition_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF messages FOR VALUES FROM (%L) TO (%L)',
                       partition_name, starts, ends);
    END IF;
    RETURN partition_name;
END
$$;

COMMENT ON FUNCTION create_messages_partition(date) IS
    'Makes the partition of messages for the month of that day, if it is not there, and returns its name.';
