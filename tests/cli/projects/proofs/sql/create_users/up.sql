CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE users (id bigint PRIMARY KEY, old text, name text, mood mood);
ALTER TABLE users ADD CONSTRAINT name_is_set CHECK (name <> '') NOT VALID;
CREATE TABLE plans (plan text PRIMARY KEY, price int NOT NULL);
INSERT INTO plans VALUES ('small', 10);
