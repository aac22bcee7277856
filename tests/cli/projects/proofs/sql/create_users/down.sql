DROP TABLE plans;
DROP TABLE users;
DROP TYPE mood;
