CREATE TABLE logs (id bigint);
