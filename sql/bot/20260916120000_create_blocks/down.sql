DROP TABLE transitions;
DROP TABLE blocks;
DROP FUNCTION refuse_published_flow_change();
DROP TYPE block_kind;
