DROP TABLE templates;
DROP TYPE template_visibility;
