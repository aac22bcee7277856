-- Of two tables, because servers write the columns of one in different ways.
CREATE VIEW everybody AS SELECT users.* FROM users CROSS JOIN (SELECT 1 AS unit) AS one;
