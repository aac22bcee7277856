-- The index goes with its column, and so do the constraints on it.
ALTER TABLE broadcasts DROP COLUMN media_id;
