ALTER TABLE users ADD COLUMN old text;
