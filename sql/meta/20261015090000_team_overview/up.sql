-- One row a team for the console of the support people.
CREATE VIEW team_overview AS
SELECT t.id,
       t.slug,
       t.name,
       o.email AS owner_email,
       coalesce(s.plan_code, 'free') AS plan_code,
       s.status AS subscription_status,
       upper(s.period) AS paid_until,
       (SELECT count(*) FROM team_members m WHERE m.team_id = t.id) AS members,
       (SELECT count(*) FROM bots b WHERE b.team_id = t.id AND b.state <> 'archived') AS bots,
       (SELECT count(*) FROM bots b WHERE b.team_id = t.id AND b.state = 'active') AS active_bots
FROM teams t
LEFT JOIN team_members om ON om.team_id = t.id AND om.role = 'owner'
LEFT JOIN users o ON o.id = om.user_id
LEFT JOIN subscriptions s ON s.team_id = t.id AND s.status <> 'canceled' AND s.period @> now();

COMMENT ON VIEW team_overview IS 'Each team with its owner, the plan it has now and how much it uses.';
COMMENT ON COLUMN team_overview.plan_code IS 'free when nothing has been bought.';
