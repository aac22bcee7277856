-- Last step. VALIDATE reads the table while others write it. SET NOT NULL then believes
-- the constraint and reads nothing; the constraint stays, for its second half.
ALTER TABLE subscribers VALIDATE CONSTRAINT subscribers_display_name_check;
ALTER TABLE subscribers ALTER COLUMN display_name SET NOT NULL;
