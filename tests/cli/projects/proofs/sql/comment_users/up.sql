COMMENT ON TABLE users IS 'People who own bots';
