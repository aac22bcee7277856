ALTER TABLE templates DROP COLUMN search;
