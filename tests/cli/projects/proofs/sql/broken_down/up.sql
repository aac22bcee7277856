CREATE TABLE flows (id bigint);
