DROP TABLE bots;
DROP TYPE bot_state;
