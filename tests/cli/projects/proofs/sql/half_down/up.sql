CREATE TABLE steps (id bigint);
CREATE TABLE edges (id bigint);
