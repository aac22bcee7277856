DROP VIEW everybody;
