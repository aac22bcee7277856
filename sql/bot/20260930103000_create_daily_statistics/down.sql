DROP TABLE daily_flow_statistics;
DROP TABLE daily_statistics;
