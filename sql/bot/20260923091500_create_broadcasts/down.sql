DROP TABLE broadcasts;
DROP TYPE broadcast_state;
