-- Second step, nothing but the UPDATE: next to DDL on the same table it would hold a lock
-- that stops the bot, or end in a deadlock with a writer that waits for one of its rows.
-- In one statement, as even the largest bots need only seconds for it.
SET LOCAL botconstructor.keep_updated_at = 'on';
UPDATE subscribers
SET display_name = coalesce(
        nullif(btrim(first_name || ' ' || last_name), ''),
        '@' || username,
        telegram_user_id::text)
WHERE display_name IS NULL;
