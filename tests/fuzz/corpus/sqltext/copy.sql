CREATE TABLE t (a int, b text);
COPY t (a, b) FROM stdin WITH (FORMAT csv);
1,"a;b"
2,'
\.
SELECT 1;
COPY t FROM STDIN;
\.
COPY t FROM stdin;
3	\N
