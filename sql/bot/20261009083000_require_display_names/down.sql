ALTER TABLE subscribers ALTER COLUMN display_name DROP NOT NULL;

-- A constraint cannot be made NOT VALID again, only made again.
ALTER TABLE subscribers DROP CONSTRAINT subscribers_display_name_check;
ALTER TABLE subscribers
    ADD CONSTRAINT subscribers_display_name_check
        CHECK (display_name IS NOT NULL AND btrim(display_name) <> '') NOT VALID;
