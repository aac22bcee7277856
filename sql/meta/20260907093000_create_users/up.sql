CREATE TABLE users (
    id               uuid        NOT NULL DEFAULT gen_random_uuid(),
    email            text        NOT NULL,
    display_name     text        NOT NULL,
    telegram_user_id bigint,
    locale           text        NOT NULL DEFAULT 'en',
    disabled_at      timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_telegram_user_id_key UNIQUE (telegram_user_id),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 320),
    CONSTRAINT users_display_name_check CHECK (btrim(display_name) <> '' AND length(display_name) <= 200),
    CONSTRAINT users_telegram_user_id_check CHECK (telegram_user_id > 0),
    CONSTRAINT users_locale_check CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')
);

-- People sign in with whatever case their keyboard gave them; one mailbox is one person.
CREATE UNIQUE INDEX users_email_lower_key ON users (lower(email));

CREATE TRIGGER users_touch_updated_at
    BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE users IS 'People who sign in to the constructor.';
COMMENT ON COLUMN users.email IS 'As typed; unique without regard to case.';
COMMENT ON COLUMN users.telegram_user_id IS 'Set once the person has linked a Telegram account.';
COMMENT ON COLUMN users.locale IS 'Language of the editor and of e-mails, such as en or pt-BR.';
COMMENT ON COLUMN users.disabled_at IS 'Signing in is refused since then. Rows are kept, others refer to them.';
