-- When a month began without its partition, messages went to messages_default, and then
-- the partition could not be made: PostgreSQL refuses one that would own rows of the
-- default. Now such rows move along.
CREATE OR REPLACE FUNCTION create_messages_partition(month date) RETURNS text
    LANGUAGE plpgsql
    SET search_path = public
    SET timezone = 'UTC'
AS $$
DECLARE
    starts         timestamptz := date_trunc('month', month);
    ends           timestamptz := starts + interval '1 month';
    partition_name text := to_char(starts, '"messages_"YYYY_MM');
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN partition_name;
    END IF;

    -- No message may slip into the default between the move and ATTACH.
    LOCK TABLE messages_default IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE messages INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    EXECUTE format('WITH moved AS (DELETE FROM messages_default WHERE sent_at >= $1 AND sent_at < $2 RETURNING *)'
                   ' INSERT INTO %I SELECT * FROM moved', partition_name)
        USING starts, ends;
    EXECUTE format('ALTER TABLE messages ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   partition_name, starts, ends);
    RETURN partition_name;
END
$$;
