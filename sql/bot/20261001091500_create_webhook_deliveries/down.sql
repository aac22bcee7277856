DROP TABLE webhook_deliveries;
DROP FUNCTION notify_webhook_workers();
