-- With all its partitions.
DROP TABLE messages;
DROP TYPE message_kind;
DROP TYPE message_direction;
