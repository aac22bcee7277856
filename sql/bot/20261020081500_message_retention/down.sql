DROP FUNCTION drop_messages_partitions(date);
