CREATE TYPE subscription_status AS ENUM ('trialing', 'active', 'past_due', 'canceled');

COMMENT ON TYPE subscription_status IS 'As reported by the payment provider.';

CREATE TABLE subscriptions (
    id                   bigint              GENERATED ALWAYS AS IDENTITY,
    team_id              uuid                NOT NULL,
    plan_code            text                NOT NULL,
    status               subscription_status NOT NULL DEFAULT 'trialing',
    period               tstzrange           NOT NULL,
    cancel_at_period_end boolean             NOT NULL DEFAULT false,
    provider             text,
    provider_reference   text,
    created_at           timestamptz         NOT NULL DEFAULT now(),
    updated_at           timestamptz         NOT NULL DEFAULT now(),

    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_provider_reference_key UNIQUE (provider, provider_reference),
    CONSTRAINT subscriptions_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT,
    CONSTRAINT subscriptions_plan_code_fkey
        FOREIGN KEY (plan_code) REFERENCES plans (code) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT subscriptions_period_check CHECK (NOT isempty(period) AND NOT lower_inf(period)),
    CONSTRAINT subscriptions_provider_check CHECK ((provider IS NULL) = (provider_reference IS NULL)),
    -- A team pays for one plan at a time. Two clicks on "buy" at once end here, not in two bills.
    CONSTRAINT subscriptions_one_at_a_time_excl
        EXCLUDE USING gist (team_id WITH =, period WITH &&) WHERE (status <> 'canceled')
);

CREATE INDEX subscriptions_team_id_idx ON subscriptions (team_id);
CREATE INDEX subscriptions_plan_code_idx ON subscriptions (plan_code);
-- The renewal job asks every few minutes which periods end next.
CREATE INDEX subscriptions_renewal_idx ON subscriptions (upper(period)) WHERE status <> 'canceled';

CREATE TRIGGER subscriptions_touch_updated_at
    BEFORE UPDATE ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE subscriptions IS 'Which plan a team had, when. Periods that count do not overlap.';
COMMENT ON COLUMN subscriptions.period IS 'Paid time, [from, to); no end for plans that are free.';
COMMENT ON COLUMN subscriptions.provider_reference IS 'Name of the subscription at the payment provider.';
