-- Third step. VALIDATE reads the table while others write it; SET NOT NULL then
-- believes the validated constraint and reads nothing, and the constraint can go.
ALTER TABLE teams VALIDATE CONSTRAINT teams_slug_present_check;
ALTER TABLE teams ALTER COLUMN slug SET NOT NULL;
ALTER TABLE teams DROP CONSTRAINT teams_slug_present_check;
