-- Third step. NOT VALID: holds for every row written from now on, and reads none. Not
-- earlier: it would have refused every UPDATE of a row that had no name yet.
ALTER TABLE subscribers
    ADD CONSTRAINT subscribers_display_name_check
        CHECK (display_name IS NOT NULL AND btrim(display_name) <> '') NOT VALID;
