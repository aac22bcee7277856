-- "How many bots were made from this template", and the ON DELETE SET NULL.
CREATE INDEX CONCURRENTLY bots_template_version_id_idx
    ON bots (template_version_id) WHERE template_version_id IS NOT NULL;
