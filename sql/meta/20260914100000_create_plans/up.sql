CREATE TABLE plans (
    code                   text    NOT NULL,
    title                  text    NOT NULL,
    price_cents            integer NOT NULL,
    currency               text    NOT NULL DEFAULT 'EUR',
    max_bots               integer,
    max_subscribers        integer,
    max_messages_per_month bigint,
    features               jsonb   NOT NULL DEFAULT '{}',
    is_public              boolean NOT NULL DEFAULT true,
    sort_order             integer NOT NULL,

    CONSTRAINT plans_pkey PRIMARY KEY (code),
    CONSTRAINT plans_sort_order_key UNIQUE (sort_order),
    CONSTRAINT plans_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
    CONSTRAINT plans_price_cents_check CHECK (price_cents >= 0),
    CONSTRAINT plans_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT plans_limits_check
        CHECK (max_bots > 0 AND max_subscribers > 0 AND max_messages_per_month > 0),
    CONSTRAINT plans_features_check CHECK (jsonb_typeof(features) = 'object')
);

COMMENT ON TABLE plans IS 'What can be bought. A plan that was ever sold is hidden, not deleted.';
COMMENT ON COLUMN plans.price_cents IS 'For one month, in the smallest unit of the currency.';
COMMENT ON COLUMN plans.max_bots IS 'No value: no limit. So for the other two limits.';
COMMENT ON COLUMN plans.features IS 'Switches that the application reads, such as {"broadcasts": true}.';

INSERT INTO plans
    (code, title, price_cents, max_bots, max_subscribers, max_messages_per_month, features, sort_order)
VALUES
    ('free', 'Free', 0, 1, 500, 5000, '{}', 10),
    ('pro', 'Pro', 1900, 10, 20000, 500000, '{"broadcasts": true, "webhooks": true}', 20),
    ('business', 'Business', 9900, NULL, NULL, NULL,
     '{"broadcasts": true, "webhooks": true, "api": true, "audit": true}', 30);
