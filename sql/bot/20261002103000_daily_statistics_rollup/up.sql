-- Run every hour for today and once more for yesterday. It counts the day anew, so
-- running it twice does no harm.
CREATE FUNCTION refresh_daily_statistics(the_day date) RETURNS void
    LANGUAGE sql
    SET search_path = public
    SET timezone = 'UTC'
AS $$
    INSERT INTO daily_statistics AS s
        (day, new_subscribers, active_subscribers, messages_incoming, messages_outgoing)
    SELECT the_day,
           (SELECT count(*) FROM subscribers
            WHERE first_seen_at >= the_day AND first_seen_at < the_day + 1),
           count(DISTINCT m.subscriber_id) FILTER (WHERE m.direction = 'incoming'),
           count(*) FILTER (WHERE m.direction = 'incoming'),
           count(*) FILTER (WHERE m.direction = 'outgoing')
    FROM messages m
    WHERE m.sent_at >= the_day AND m.sent_at < the_day + 1
    ON CONFLICT (day) DO UPDATE SET
        new_subscribers = excluded.new_subscribers,
        active_subscribers = excluded.active_subscribers,
        messages_incoming = excluded.messages_incoming,
        messages_outgoing = excluded.messages_outgoing
$$;

COMMENT ON FUNCTION refresh_daily_statistics(date) IS
    'Counts one day (UTC) and writes its row of daily_statistics.';
