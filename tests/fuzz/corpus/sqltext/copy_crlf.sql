COPY t FROM stdin; -- data
1	x
\.
SELECT 2;
