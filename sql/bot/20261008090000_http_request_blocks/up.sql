-- Blocks that call another server. ALTER TYPE ... ADD VALUE has no way back, so the type
-- is made anew. That rewrites blocks; it is the drawing of the flows, a few thousand rows.
ALTER TYPE block_kind RENAME TO block_kind_before;

CREATE TYPE block_kind AS ENUM
    ('message', 'question', 'condition', 'set_variable', 'delay', 'jump', 'handover', 'http_request');

COMMENT ON TYPE block_kind IS 'What a block does when a dialog comes to it.';

ALTER TABLE blocks
    ALTER COLUMN kind DROP DEFAULT,
    ALTER COLUMN kind TYPE block_kind USING kind::text::block_kind,
    ALTER COLUMN kind SET DEFAULT 'message';

DROP TYPE block_kind_before;
