CREATE TABLE hits (at timestamptz NOT NULL);
