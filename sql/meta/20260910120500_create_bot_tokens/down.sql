DROP TABLE bot_tokens;
DROP TABLE encryption_keys;
