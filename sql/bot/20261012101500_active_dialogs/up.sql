-- Where the branches of the new block kind and of the names meet: the live page of the
-- console, which shows both.
CREATE VIEW active_dialogs AS
SELECT d.subscriber_id,
       s.display_name,
       f.id AS flow_id,
       f.name AS flow_name,
       v.version AS flow_version,
       b.id AS block_id,
       b.kind AS block_kind,
       b.title AS block_title,
       b.kind = 'http_request' AS waits_for_server,
       d.wake_at,
       d.updated_at
FROM dialog_states d
JOIN subscribers s ON s.id = d.subscriber_id
JOIN blocks b ON b.id = d.block_id
JOIN flow_versions v ON v.id = d.flow_version_id
JOIN flows f ON f.id = v.flow_id
WHERE s.state = 'active';

COMMENT ON VIEW active_dialogs IS 'Who is in which block of which flow now.';
COMMENT ON COLUMN active_dialogs.waits_for_server IS
    'The bot waits for the answer of another server, not for the person.';
