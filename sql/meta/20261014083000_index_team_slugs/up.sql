-- Last step: every page of a team is found by its slug.
CREATE UNIQUE INDEX CONCURRENTLY teams_slug_key ON teams (slug);
