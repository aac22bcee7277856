DROP TRIGGER subscribers_fill_display_name ON subscribers;
DROP FUNCTION fill_display_name();

ALTER TABLE subscribers DROP COLUMN display_name;
