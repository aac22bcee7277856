-- Needed by the exclusion constraint on subscriptions: equality of a uuid inside a
-- GiST index. On its own, because it is the one step that may need more rights than
-- the owner of the database has (it is a trusted extension, CREATE on the database
-- is enough).
CREATE EXTENSION btree_gist;
