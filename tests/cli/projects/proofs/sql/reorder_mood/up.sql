ALTER TABLE users DROP COLUMN mood;
DROP TYPE mood;
CREATE TYPE mood AS ENUM ('happy', 'ok', 'sad');
ALTER TABLE users ADD COLUMN mood mood;
