DROP TABLE template_versions;
DROP FUNCTION refuse_published_template_change();
