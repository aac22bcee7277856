ALTER TABLE bots DROP COLUMN template_version_id;
