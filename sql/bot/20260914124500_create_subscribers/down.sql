DROP TABLE subscribers;
DROP TYPE subscriber_state;
