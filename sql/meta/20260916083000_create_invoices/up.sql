CREATE TYPE invoice_status AS ENUM ('open', 'paid', 'void');

COMMENT ON TYPE invoice_status IS 'An issued invoice is never changed back to a draft; a wrong one becomes void.';

CREATE TABLE invoices (
    id              bigint         GENERATED ALWAYS AS IDENTITY,
    subscription_id bigint         NOT NULL,
    number          text           NOT NULL,
    amount_cents    integer        NOT NULL,
    currency        text           NOT NULL,
    status          invoice_status NOT NULL DEFAULT 'open',
    issued_at       timestamptz    NOT NULL DEFAULT now(),
    due_at          timestamptz    NOT NULL,
    paid_at         timestamptz,

    CONSTRAINT invoices_pkey PRIMARY KEY (id),
    CONSTRAINT invoices_number_key UNIQUE (number),
    CONSTRAINT invoices_subscription_id_fkey
        FOREIGN KEY (subscription_id) REFERENCES subscriptions (id) ON DELETE RESTRICT,
    CONSTRAINT invoices_amount_cents_check CHECK (amount_cents >= 0),
    CONSTRAINT invoices_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT invoices_due_at_check CHECK (due_at >= issued_at),
    CONSTRAINT invoices_paid_at_check CHECK ((status = 'paid') = (paid_at IS NOT NULL))
);

CREATE INDEX invoices_subscription_id_idx ON invoices (subscription_id, issued_at DESC);
-- Reminders look only at what is still open.
CREATE INDEX invoices_open_due_at_idx ON invoices (due_at) WHERE status = 'open';

COMMENT ON TABLE invoices IS 'Invoices as sent. Amounts are copied, so a later change of price changes no invoice.';
COMMENT ON COLUMN invoices.number IS 'Number that the tax office sees.';
