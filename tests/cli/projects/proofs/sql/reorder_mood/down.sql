ALTER TABLE users DROP COLUMN mood;
DROP TYPE mood;
CREATE TYPE mood AS ENUM ('ok', 'sad', 'happy');
ALTER TABLE users ADD COLUMN mood mood;
