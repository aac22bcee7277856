-- Partitions that were made stay; they belong to messages.
DROP FUNCTION create_messages_partition(date);
