-- "Who has been silent for two weeks": the largest bots have some hundred thousand
-- subscribers, and they write all the time.
CREATE INDEX CONCURRENTLY subscribers_last_seen_at_idx ON subscribers (last_seen_at) WHERE state = 'active';

-- New subscribers by day, for the statistics.
CREATE INDEX CONCURRENTLY subscribers_first_seen_at_idx ON subscribers (first_seen_at);
