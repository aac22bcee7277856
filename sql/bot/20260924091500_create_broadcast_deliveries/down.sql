DROP TABLE broadcast_deliveries;
DROP TYPE delivery_state;
