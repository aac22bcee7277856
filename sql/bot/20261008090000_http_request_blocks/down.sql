-- Fails, with the value in the message, while a block of the new kind is there: what
-- shall become of it is for a person to say.
ALTER TYPE block_kind RENAME TO block_kind_after;

CREATE TYPE block_kind AS ENUM
    ('message', 'question', 'condition', 'set_variable', 'delay', 'jump', 'handover');

COMMENT ON TYPE block_kind IS 'What a block does when a dialog comes to it.';

ALTER TABLE blocks
    ALTER COLUMN kind DROP DEFAULT,
    ALTER COLUMN kind TYPE block_kind USING kind::text::block_kind,
    ALTER COLUMN kind SET DEFAULT 'message';

DROP TYPE block_kind_after;
