CREATE TYPE variable_scope AS ENUM ('bot', 'subscriber', 'dialog');
CREATE TYPE variable_type AS ENUM ('text', 'number', 'boolean', 'date', 'json');

COMMENT ON TYPE variable_scope IS 'One value for the bot, one for each subscriber, or one for each run of a flow.';
COMMENT ON TYPE variable_type IS 'What the editor offers for entering a value.';

CREATE TABLE variables (
    id            bigint         GENERATED ALWAYS AS IDENTITY,
    name          text           NOT NULL,
    scope         variable_scope NOT NULL,
    type          variable_type  NOT NULL DEFAULT 'text',
    default_value jsonb,
    description   text           NOT NULL DEFAULT '',
    created_at    timestamptz    NOT NULL DEFAULT now(),
    updated_at    timestamptz    NOT NULL DEFAULT now(),

    CONSTRAINT variables_pkey PRIMARY KEY (id),
    CONSTRAINT variables_name_key UNIQUE (name),
    CONSTRAINT variables_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$')
);

CREATE TRIGGER variables_touch_updated_at
    BEFORE UPDATE ON variables
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE subscriber_variables (
    subscriber_id bigint      NOT NULL,
    variable_id   bigint      NOT NULL,
    value         jsonb       NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT subscriber_variables_pkey PRIMARY KEY (subscriber_id, variable_id),
    CONSTRAINT subscriber_variables_subscriber_id_fkey
        FOREIGN KEY (subscriber_id) REFERENCES subscribers (id) ON DELETE CASCADE,
    CONSTRAINT subscriber_variables_variable_id_fkey
        FOREIGN KEY (variable_id) REFERENCES variables (id) ON DELETE CASCADE
);

-- Everyone with this value: segments, and the cascade from variables.
CREATE INDEX subscriber_variables_variable_id_value_idx ON subscriber_variables (variable_id, md5(value::text));

CREATE TRIGGER subscriber_variables_touch_updated_at
    BEFORE UPDATE ON subscriber_variables
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

COMMENT ON TABLE variables IS 'Variables that flows read and write, declared in the editor.';
COMMENT ON COLUMN variables.name IS 'As written in texts: {{first_order}}.';
COMMENT ON TABLE subscriber_variables IS 'Values of variables whose scope is the subscriber.';
COMMENT ON COLUMN subscriber_variables.value IS
    'Found by md5(value::text), as a value may be longer than an index row.';
