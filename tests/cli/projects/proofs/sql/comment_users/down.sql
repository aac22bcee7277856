COMMENT ON TABLE users IS '';
COMMENT ON COLUMN users.name IS 'Name';
