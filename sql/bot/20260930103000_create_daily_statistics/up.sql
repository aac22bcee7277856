CREATE TABLE daily_statistics (
    day                date    NOT NULL,
    new_subscribers    integer NOT NULL DEFAULT 0,
    active_subscribers integer NOT NULL DEFAULT 0,
    messages_incoming  bigint  NOT NULL DEFAULT 0,
    messages_outgoing  bigint  NOT NULL DEFAULT 0,

    CONSTRAINT daily_statistics_pkey PRIMARY KEY (day),
    CONSTRAINT daily_statistics_counts_check
        CHECK (new_subscribers >= 0 AND active_subscribers >= 0
               AND messages_incoming >= 0 AND messages_outgoing >= 0)
);

CREATE TABLE daily_flow_statistics (
    day      date    NOT NULL,
    flow_id  uuid    NOT NULL,
    started  integer NOT NULL DEFAULT 0,
    finished integer NOT NULL DEFAULT 0,

    CONSTRAINT daily_flow_statistics_pkey PRIMARY KEY (flow_id, day),
    CONSTRAINT daily_flow_statistics_flow_id_fkey FOREIGN KEY (flow_id) REFERENCES flows (id) ON DELETE CASCADE,
    CONSTRAINT daily_flow_statistics_counts_check CHECK (started >= 0 AND finished >= 0)
);

-- One day over all flows; the primary key serves one flow over time.
CREATE INDEX daily_flow_statistics_day_idx ON daily_flow_statistics (day);

COMMENT ON TABLE daily_statistics IS 'One row a day (UTC), kept when the messages themselves are gone.';
COMMENT ON COLUMN daily_statistics.active_subscribers IS 'People who wrote at least once that day.';
COMMENT ON TABLE daily_flow_statistics IS 'How often each flow was started and finished, by day (UTC).';
COMMENT ON COLUMN daily_flow_statistics.finished IS 'Counted on the day of the end, so it can exceed started.';
