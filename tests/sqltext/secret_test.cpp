#include <string_view>

#include <gtest/gtest.h>

#include "sqltext/script.h"

namespace sqlmig {
namespace {

TEST(HoldsSecretTest, FindsPasswordsAndConnectionStrings) {
  for (const std::string_view text : {"CREATE ROLE app LOGIN PASSWORD 'x'",
                                      "create user app with encrypted\npassword /* c */ E'x'",
                                      "ALTER ROLE app PASSWORD $$x$$",
                                      "ALTER USER app WITH PASSWORD :'pw'",
                                      "SELECT 1; ALTER GROUP g PASSWORD 'x'",
                                      "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'a', password 'b')",
                                      "ALTER USER MAPPING FOR app SERVER s OPTIONS (SET sslkey 'x')",
                                      "CREATE USER MAPPING IF NOT EXISTS FOR app SERVER s OPTIONS (\"password\" 'x')",
                                      "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password 'x')",
                                      "CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p",
                                      "ALTER SUBSCRIPTION s CONNECTION 'host=h'",
                                      "ALTER SYSTEM SET primary_conninfo = 'host=h'",
                                      "SELECT dblink_connect('c', 'dbname=d')",
                                      "SELECT * FROM public.dblink ('dbname=d', 'SELECT 1') AS t (a int)",
                                      "SELECT 'host=h password=x'",
                                      "COMMENT ON SERVER s IS 'postgresql://u:p@h/d'",
                                      "-- was postgres://u:p@h/d\nSELECT 1;",
                                      "DO $$ BEGIN CREATE ROLE app PASSWORD 'x'; END $$",
                                      "DO 'BEGIN CREATE ROLE app PASSWORD ''x''; END'",
                                      "DO $a$ BEGIN EXECUTE $b$ ALTER ROLE app PASSWORD 'x' $b$; END $a$",
                                      "DO $$ BEGIN EXECUTE 'CREATE ROLE app PASSWORD ' || quote_literal('x'); END $$",
                                      "DO $$ BEGIN EXECUTE format('ALTER USER app WITH PASSWORD %L', 'x'); END $$",
                                      "DO $1a$ $$ DO $a$ $b$ $c$ $d$ $e$ $f$ password $f$ $e$ $d$ $c$ $b$ $a$ $$"}) {
    EXPECT_TRUE(HoldsSecret(text)) << text;
  }
}

TEST(HoldsSecretTest, LeavesOrdinaryScriptsAlone) {
  for (const std::string_view text :
       {"",
        "CREATE TABLE users (id int, password text NOT NULL)",
        "ALTER TABLE users ADD COLUMN password text DEFAULT 'x'",
        "UPDATE users SET password = 'x'",
        "INSERT INTO users (password) VALUES ('x')",
        "ALTER ROLE app PASSWORD NULL",
        "CREATE ROLE app LOGIN",
        "DROP ROLE app",
        "DROP USER MAPPING FOR app SERVER s",
        "DROP SUBSCRIPTION s",
        "ALTER SUBSCRIPTION s DISABLE",
        "CREATE EXTENSION dblink",
        "SELECT dblink_disconnect('c')",
        "CREATE TABLE subscription (connection text)",
        "CREATE TABLE mapping (options text)",
        "COMMENT ON COLUMN users.password IS 'The user''s password'",
        "COMMENT ON TABLE t IS 'see https://h:80/a@b'",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE users SET password = crypt('x', 'y') $$",
        "-- CREATE USER MAPPING OPTIONS password\nSELECT 1",
        "COPY users (password) FROM stdin;\npassword 'x'\n\\.\n"}) {
    EXPECT_FALSE(HoldsSecret(text)) << text;
  }
}

}  // namespace
}  // namespace sqlmig
